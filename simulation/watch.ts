import { DependencyError, OutOfTimeError } from '../lambda/domain/errors';
import { DEFAULT_POLICY } from '../lambda/domain/policy';
import { SIDES, type Outcome, type Side } from '../lambda/domain/vocabulary';
import { Account } from './account';
import { Bucket } from './bucket';
import { acceptedAsUnused, holdsRevoked, leaks } from './invariants';
import type { PretendedLedger, Row } from './ledger';
import type { RecoveryStrand } from './recovery-strand';
import type { Strand } from './scheduler';
import type { Client } from './sources';
import type { Stage } from './stage';
import type { Device } from './devices';
import type { Link, SideState, Token, Tunnel, Tunneling, TunnelWatch } from './tunneling';
import { MOST_VERSIONS, type PretendedVault } from './vault';
import { Waits } from './waits';

/** What the watch can see. */
export interface View extends Stage {
  readonly tunneling: Pick<Tunneling, 'tokens'>;
  readonly ledger: Pick<PretendedLedger, 'read'>;
  readonly vault: Pick<PretendedVault, 'secrets'>;
  readonly sources: ReadonlyMap<number, Client>;
  /** Absent where no destination drops. */
  readonly devices?: ReadonlyMap<number, Pick<Device, 'waits' | 'heard' | 'asksAgain' | 'dropped' | 'ended'>>;
  /** Somebody is about to rotate it. */
  claimed(tunnel: Tunnel): void;
}

/**
 * Looks on while things take effect, and reports what breaks an invariant. Longer than other files, for it is one list: everything that can
 * take effect has its method here, with the invariants that it may break.
 */
export class Watch implements TunnelWatch {
  private readonly accounts = new Map<SideState, Account>();
  private readonly buckets = new Map<SideState, Bucket>();
  private readonly waits: Waits;
  private readonly paces = new Map<Strand, number>();

  constructor(private readonly world: View) {
    this.waits = new Waits(world, (tunnel, side) => this.isAccepted(tunnel, side));
  }

  connected(tunnel: Tunnel, side: Side): void {
    this.waits.end(tunnel, side);
    this.accountOf(tunnel, side).connected();
  }

  dropped(tunnel: Tunnel, side: Side, how: 'clean' | 'silent' | 'kicked', { version }: Token): void {
    const { world } = this;
    world.tally.drops += 1;
    world.tally.count(world.tally.dropsByKind, side === 'source' ? how : `${how}, of a destination`);
    world.tell?.(tunnel.index, how === 'kicked' ? `the ${side} is kicked out` : `the ${side} drops (${how})`, { mark: 'drop' });
    if (this.isServed(tunnel, side)) this.waits.begin(tunnel, side, version);
    this.accountOf(tunnel, side).dropped();
    this.clientOf(tunnel, side)?.dropped();
  }

  shows(tunnel: Tunnel, side: Side, late: boolean): void {
    this.waits.shows(tunnel, side);
    if (!late) return;
    this.world.tell?.(tunnel.index, `DescribeTunnel shows only now that the old connection of the ${side} ended`);
    this.accountOf(tunnel, side).shownLate();
  }

  ended(tunnel: Tunnel): void {
    this.world.tell?.(tunnel.index, `the tunnel ends (${tunnel.ended})`);
    for (const side of SIDES) {
      this.waits.end(tunnel, side);
      this.clientOf(tunnel, side)?.ended();
    }
  }

  /** DescribeTunnel was answered, and told of this moment. */
  looked(recovery: RecoveryStrand, asOf = this.world.scheduler.now): void {
    recovery.lookedAt = asOf;
    recovery.callsSinceLook = 0;
  }

  /** Rotate is about to take effect. Invariants 12 and 14. */
  rotating(recovery: RecoveryStrand, tunnel: Tunnel, sides: readonly Side[] = ['source']): void {
    for (const side of sides) {
      this.accountOf(tunnel, side).rotating();
      if (!this.isServed(tunnel, side)) this.world.violate(14, tunnel, `the ${side} of a tunnel that is not ours was rotated`);
      const left = this.graceLeft(recovery, tunnel, side);
      if (left > 0) this.world.violate(12, tunnel, `the ${side} had ${Math.round(left)} ms of grace left`);
    }
  }

  /** @param hit the connections that stood */
  rotated(recovery: RecoveryStrand, tunnel: Tunnel, hit: Partial<Record<Side, Link>>, sides: readonly Side[] = ['source']): void {
    this.world.tally.rotations += 1;
    if (sides.length > 1) this.world.tally.count(this.world.tally.events, 'one Rotate for both sides');
    for (const side of sides) {
      const isLost = side === 'source' && !this.world.vault.secrets.has(tunnel.id) && this.world.ledger.read(tunnel.id, side)?.versionId !== undefined;
      const wrong = this.accountOf(tunnel, side).rotated(recovery, hit[side], isLost, this.world.scheduler.now);
      if (wrong) this.world.violate(wrong.invariant, tunnel, `${side}: ${wrong.words}`);
    }
  }

  /** A source's token lies in its secret, a destination's was published. */
  delivered(recovery: RecoveryStrand, tunnel: Tunnel, text: string, versionId: string, side: Side = 'source'): void {
    const { world } = this;
    world.tally.deliveries += 1;
    const token = world.tunneling.tokens.get(text);
    if (token) token.version = versionId;
    this.bucketOf(tunnel, side).pay(world.scheduler.now); // it is the delivery that costs a token
    const wrong = this.accountOf(tunnel, side).newVersion(recovery, world.scheduler.now);
    if (wrong) world.violate(3, tunnel, `${side}: ${wrong}`);
    const wait = token === tunnel[side].live ? this.waits.delivered(tunnel, side) : undefined;
    if (wait) {
      const how = this.hadToWait(tunnel, side) ? 'budget was empty' : side === 'destination' ? 'device asked' : noticed(recovery, wait.version);
      world.tally.recovered(`${world.isCalm ? 'without' : 'with'} faults, ${how}`, wait.fromDrop, wait.fromSignal);
    }
    if (side === 'source') world.sources.get(tunnel.index)?.learns();
  }

  /** It took a claim. */
  claimed(recovery: RecoveryStrand, versionId: string): void {
    recovery.claims.push(versionId);
    if (recovery.tunnel) this.world.claimed(recovery.tunnel);
  }

  /** It read the ledger. */
  read(recovery: RecoveryStrand): void {
    const { tunnel, affordable } = recovery;
    for (const side of tunnel ? SIDES : []) affordable[side] = this.bucketOf(tunnel!, side).left(this.world.scheduler.now);
  }

  /** A recovery returned or threw. Invariants 10 and 11. */
  finished(recovery: RecoveryStrand, outcomes: readonly Outcome[]): void {
    const { tunnel, claims, unsure, affordable, signal } = recovery;
    if (!tunnel) return;
    if (unsure) return this.waits.hit(tunnel);
    for (const side of SIDES) {
      const left = this.world.ledger.read(tunnel.id, side)?.claim;
      if (left && claims.includes(left.versionId)) this.world.violate(10, tunnel, `its work is over, and the claim of ${left.versionId} stands`);
    }
    for (const outcome of outcomes) {
      const left = affordable[outcome.side] ?? 0;
      // A wish leaves the last one for a drop.
      const enough = signal.kind === 'token-request' ? 2.05 : 1.05;
      if (left > enough && outcome.kind === 'held' && outcome.reason === 'flapping') {
        this.world.violate(11, tunnel, `held for flapping, though ${left.toFixed(2)} rotations were left`);
      }
    }
  }

  /** Something went wrong with what was under way for this tunnel; absent: for all of them. */
  hit(tunnel?: Tunnel): void {
    this.waits.hit(tunnel);
  }

  /** A call of this strand failed, or its invocation died. */
  troubled(strand: Strand): void {
    const { tunnel } = strand as Partial<RecoveryStrand>;
    this.waits.hit(tunnel); // a sweep is everybody's
    if (!tunnel) return;
    const recovery = strand as RecoveryStrand;
    if (!recovery.troubled) for (const side of SIDES) this.accountOf(tunnel, side).trouble(recovery);
    recovery.troubled = true;
  }

  /** The source says that it dropped. */
  said(tunnel: Tunnel, proof: string | undefined, side: Side = 'source'): void {
    this.waits.said(tunnel, proof, side);
  }

  /** What somebody said never reached the queue, or he never heard the answer. */
  unheard(tunnel: Tunnel): void {
    this.waits.hit(tunnel);
    for (const side of SIDES) this.waits.unheard(tunnel, side);
  }

  /** A signal of that time became a dead letter. */
  buried(tunnel: Tunnel, sides: readonly Side[], since: number): void {
    for (const side of sides) this.waits.buried(tunnel, side, since);
  }

  failed(tunnel: Tunnel | undefined, error: unknown): void {
    if (error instanceof DependencyError) {
      if (error.code === 'LimitExceededException') this.world.violate(5, tunnel, `version ${MOST_VERSIONS + 1} of a secret within a day`);
    } else if (!(error instanceof OutOfTimeError)) {
      this.world.violate(8, tunnel, `it threw ${error instanceof Error ? error.stack : String(error)}`);
    }
    this.public(error instanceof Error ? `${error.message} ${JSON.stringify(error)}` : String(error), 'an error');
  }

  /** Every call of a sweep is paced. */
  paced(strand: Strand, what: 'pace' | 'call'): void {
    const left = (this.paces.get(strand) ?? 0) + (what === 'pace' ? 1 : -1);
    this.paces.set(strand, left);
    if (left < 0) this.world.violate(5, undefined, 'a sweep called DescribeTunnel faster than its rate');
  }

  /** Text that others may read. */
  public(text: string, where: string): void {
    if (leaks(text)) this.world.violate(7, undefined, `a token stands in ${where}`);
  }

  row(row: Row): void {
    this.public(JSON.stringify(row), 'a ledger row');
  }

  /** @returns why this side is not well: its client waits, or its secret is stale */
  ailment(tunnel: Tunnel, side: Side = 'source'): { invariant: 1 | 4; words: string } | undefined {
    const { world } = this;
    const { link, live } = tunnel[side];
    if (tunnel.ended || link?.alive || !this.isServed(tunnel, side)) return undefined; // of a connection that stands, the token was used
    if (side === 'destination') {
      // Who does not go on asking is promised nothing: nobody else can tell whether he would hear his token.
      const device = world.devices?.get(tunnel.index);
      if (!device?.waits || !device.asksAgain || this.isAccepted(tunnel, side)) return undefined;
      return { invariant: 1, words: 'its device waits for a token' };
    }
    if (holdsRevoked(tunnel, world.vault.secrets.get(tunnel.id))) return { invariant: 4, words: 'the secret holds a revoked token' };
    if (!world.sources.get(tunnel.index)?.waits || this.isAccepted(tunnel, side)) return undefined;
    return { invariant: 1, words: live.spent || !live.version ? 'its source waits for a token that nobody makes' : 'its source does not come back' };
  }

  /** What is written down so far but for the budgets, to tell one state of a world from another. */
  books(): unknown {
    return [[...this.accounts.values()], this.waits.books()];
  }

  /** Stands for the wait of its source that is on now, if one is. */
  waitOf(tunnel: Tunnel): object | undefined {
    return this.waits.of(tunnel);
  }

  /** Its client waits in vain, and that is known. */
  isAccepted(tunnel: Tunnel, side: Side = 'source'): boolean {
    const waits = !tunnel.ended && this.clientOf(tunnel, side)?.waits === true;
    const row = this.world.ledger.read(tunnel.id, side);
    const asks = side === 'destination' && row?.fence !== undefined && this.world.devices?.get(tunnel.index)?.asksAgain === true;
    return waits && !asks && acceptedAsUnused(tunnel, side, row);
  }

  /** This deployment is to make tokens for it, and could say them to somebody. */
  isServed({ thingName }: Tunnel, side: Side): boolean {
    const { sides = ['source'], scope, destinationTopic } = this.world.conditions.policy;
    return sides.includes(side) && (!scope?.things || thingName?.startsWith('device-') === true)
      && (side === 'source' || thingName !== undefined || destinationTopic === true);
  }

  /** How long a client that heals itself has left, as far as the last look could tell; nothing, if somebody said that there is no hope. */
  private graceLeft({ signal: { kind, proof, sides }, lookedAt }: RecoveryStrand, tunnel: Tunnel, side: Side): number {
    const { conditions: { policy: { grace = 0 } }, scheduler: { now } } = this.world;
    const { shown: { status, lastUpdatedAt = 0 }, live } = tunnel[side];
    const isProven = side === 'source' && proof !== undefined && proof.reveal() === live.version;
    const isHopeless = isProven || (kind === 'token-request' && sides.includes(side));
    // A token that was not used has no client that could come back with it.
    if (grace === 0 || isHopeless || !live.spent || status === 'CONNECTED' || lastUpdatedAt > lookedAt) return 0;
    return lastUpdatedAt + grace - now;
  }

  private clientOf({ index }: Tunnel, side: Side): Pick<Client, 'waits' | 'dropped' | 'ended'> | undefined {
    return side === 'source' ? this.world.sources.get(index) : this.world.devices?.get(index);
  }

  /** The bucket was empty but for the token that was just paid. */
  private hadToWait({ id }: Tunnel, side: Side): boolean {
    return (this.world.ledger.read(id, side)?.budget?.tokens ?? Infinity) < 0.2;
  }

  private bucketOf(tunnel: Tunnel, side: Side): Bucket {
    let bucket = this.buckets.get(tunnel[side]);
    if (!bucket) this.buckets.set(tunnel[side], bucket = new Bucket());
    return bucket;
  }

  private accountOf(tunnel: Tunnel, side: Side): Account {
    let account = this.accounts.get(tunnel[side]);
    if (!account) this.accounts.set(tunnel[side], account = new Account(side, DEFAULT_POLICY.settle - 2 * this.world.conditions.weather.skew));
    return account;
  }
}

function noticed({ signal: { via, proof } }: RecoveryStrand, dropped: string | undefined): string {
  if (via === 'sweep') return 'found by a sweep';
  return proof !== undefined && proof.reveal() === dropped ? 'signalled with proof' : 'signalled without proof';
}
