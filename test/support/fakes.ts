import type {
  Announcer, ClaimedRow, Courier, Delivery, Invocation, Ledger, LedgerPages, LedgerScan, Page, Parcel, Rotation, Signals, Tunnels, Vault, Witness,
} from '../../lambda/domain/ports';
import { Confidential } from '../../lib/confidential';
import type { Claim, Connection, Deposit, DestinationConfig, Histories, History, Observation, Outcome, Presence, Refusal, Side, Signal } from '../../lambda/domain/vocabulary';

/** A clock that moves only when told. */
export class ManualClock {
  constructor(private time = 1_700_000_000_000) {}
  now(): number { return this.time; }
  advance(milliseconds: number): void { this.time += milliseconds; }
}

/** One tunnel whose state the test sets. `rotate` changes nothing but the count, unless `onRotate` does. */
export class FakeTunnels implements Tunnels {
  /** What Rotate says of its own time. */
  fence = 0;
  rotations = 0;
  observations = 0;
  readonly requests: { sides: readonly Side[]; destination?: DestinationConfig }[] = [];
  onRotate: () => void = () => undefined;
  onObserve: () => void = () => undefined;

  constructor(public state: Observation) {}

  async observe(): Promise<Observation> {
    this.observations += 1;
    this.onObserve();
    return this.state;
  }

  async rotate(_tunnelId: string, sides: readonly Side[], destination?: DestinationConfig): Promise<Rotation> {
    this.rotations += 1;
    this.requests.push({ sides, destination });
    this.onRotate();
    const tokens = Object.fromEntries(sides.map((side) => [side, new Confidential(`LOCALCAT-${side}-${this.rotations}`)]));
    return { tokens, fence: this.fence };
  }

  show(connection: Connection, side: Side = 'source'): void {
    if (this.state.kind === 'open') this.state = { ...this.state, [side]: connection };
  }
}

/** The ledger's contract in memory: every write compares what was seen. */
export class MemoryLedger implements Ledger, LedgerPages, LedgerScan {
  readonly table = new Map<string, { tunnelId: string; side: Side; history: History }>();

  async read(tunnelId: string): Promise<Histories> {
    return { source: this.row(tunnelId, 'source'), destination: this.row(tunnelId, 'destination') };
  }

  async claim(tunnelId: string, side: Side, seen: History | undefined, claimed: ClaimedRow): Promise<boolean> {
    const row = this.row(tunnelId, side);
    if (row?.generation !== seen?.generation || row?.claim?.versionId !== seen?.claim?.versionId) return false;
    this.put(tunnelId, side, { ...claimed });
    return true;
  }

  async claimByProof(tunnelId: string, side: Side, proofHash: string, claim: Claim): Promise<History | undefined> {
    const row = this.row(tunnelId, side);
    if (!row || row.proofHash !== proofHash || row.claim) return undefined;
    this.put(tunnelId, side, { ...row, claim });
    return row;
  }

  async release(tunnelId: string, side: Side, claim: Claim, refusal?: Refusal): Promise<void> {
    const row = this.owned(tunnelId, side, claim);
    if (row) this.put(tunnelId, side, { ...row, claim: undefined, ...(refusal && { refusal }) });
  }

  async commit(tunnelId: string, side: Side, claim: Claim, { requests, formerProofs, ...delivery }: Delivery): Promise<boolean> {
    const row = this.owned(tunnelId, side, claim);
    if (!row) return false;
    this.put(tunnelId, side, {
      ...row, ...delivery, ...(requests && { requests }), versionId: claim.versionId, proofHash: claim.proofHash,
      formerProofs, claim: undefined, refusal: undefined,
    });
    return true;
  }

  async remove(tunnelId: string, side: Side, claim: Claim): Promise<void> {
    if (this.owned(tunnelId, side, claim)) this.table.delete(`${tunnelId}/${side}`);
  }

  async rowTunnels(): Promise<Page<string>> {
    return { items: [...new Set([...this.table.values()].map(({ tunnelId }) => tunnelId))] };
  }

  async *rows() {
    yield* [...this.table.values()];
  }

  put(tunnelId: string, side: Side, history: History): void {
    this.table.set(`${tunnelId}/${side}`, { tunnelId, side, history });
  }

  row(tunnelId: string, side: Side = 'source'): History | undefined {
    return this.table.get(`${tunnelId}/${side}`)?.history;
  }

  private owned(tunnelId: string, side: Side, claim: Claim): History | undefined {
    const row = this.row(tunnelId, side);
    return row?.claim?.versionId === claim.versionId ? row : undefined;
  }
}

export class MemoryVault implements Vault {
  readonly secrets = new Map<string, { versionId: string; parcel: Parcel; changedAt?: number }>();
  inspections = 0;
  onInspect: () => void = () => undefined;
  onDeliver: () => void = () => undefined;

  async inspect(tunnelId: string): Promise<Deposit> {
    this.inspections += 1;
    this.onInspect();
    const secret = this.secrets.get(tunnelId);
    return secret ? { current: secret.versionId, versions: [secret.versionId], changedAt: secret.changedAt } : { versions: [] };
  }

  async deliver(parcel: Parcel, versionId: string): Promise<void> {
    this.onDeliver();
    this.secrets.set(parcel.tunnelId, { versionId, parcel });
  }

  async destroy(tunnelId: string): Promise<void> {
    this.secrets.delete(tunnelId);
  }
}

export class MemorySignals implements Signals {
  readonly sent: { signal: Signal; delay: number }[] = [];
  readonly presences: { presence: Presence; delay: number }[] = [];

  async send(news: Signal | Presence, delay = 0): Promise<void> {
    if (!('tunnelId' in news)) this.presences.push({ presence: news, delay });
    else this.sent.push({ signal: news, delay });
  }
}

export class MemoryCourier implements Courier {
  readonly carried: { tunnelId: string; services: readonly string[] }[] = [];
  async carry(tunnelId: string, _token: Confidential, services: readonly string[]): Promise<void> { this.carried.push({ tunnelId, services }); }
}

export class MemoryAnnouncer implements Announcer {
  readonly told: Outcome[] = [];
  async announce(_signal: Signal, outcome: Outcome): Promise<void> { this.told.push(outcome); }
}

export class MemoryWitness implements Witness {
  readonly saw: Outcome[] = [];
  joins = 0;
  recovered(_signal: Signal, outcome: Outcome): void { this.saw.push(outcome); }
  joined(): void { this.joins += 1; }
}

/** Version ids `version-1`, `version-2`, … with proofs `proof-1`, `proof-2`, … and a deadline twenty seconds away. */
export function invocation(clock: ManualClock, timeLeft = 20_000): Invocation {
  let versions = 0;
  return { deadline: clock.now() + timeLeft, newVersionId: () => `version-${++versions}`, newProof: () => new Confidential(`proof-${versions}`) };
}
