import { DependencyError, OutOfTimeError } from '../lambda/domain/errors';
import { DEFAULT_POLICY } from '../lambda/domain/policy';
import type { Outcome } from '../lambda/domain/vocabulary';
import { Account } from './account';
import { Bucket } from './bucket';
import { acceptedAsUnused, holdsRevoked, leaks } from './invariants';
import type { PretendedLedger, Row } from './ledger';
import type { RecoveryStrand } from './recovery-strand';
import type { Strand } from './scheduler';
import type { Client } from './sources';
import type { Stage } from './stage';
import type { Link, Token, Tunnel, Tunneling, TunnelWatch } from './tunneling';
import { MOST_VERSIONS, type PretendedVault } from './vault';
import { Waits } from './waits';

/** What the watch can see. */
export interface View extends Stage {
  readonly tunneling: Pick<Tunneling, 'tokens'>;
  readonly ledger: Pick<PretendedLedger, 'read'>;
  readonly vault: Pick<PretendedVault, 'secrets'>;
  readonly sources: ReadonlyMap<number, Client>;
  /** Somebody is about to rotate it. */
  claimed(tunnel: Tunnel): void;
}

/** Looks on while things take effect, and reports what breaks an invariant. */
export class Watch implements TunnelWatch {
  private readonly accounts = new Map<number, Account>();
  private readonly buckets = new Map<number, Bucket>();
  private readonly waits: Waits;
  private readonly paces = new Map<Strand, number>();

  constructor(private readonly world: View) {
    this.waits = new Waits(world, (tunnel) => this.isAccepted(tunnel));
  }

  connected(tunnel: Tunnel): void {
    this.waits.end(tunnel);
    this.accountOf(tunnel).connected();
  }

  dropped(tunnel: Tunnel, how: 'clean' | 'silent' | 'kicked', { version }: Token): void {
    const { world } = this;
    world.tally.drops += 1;
    world.tally.count(world.tally.dropsByKind, how);
    world.tell?.(tunnel.index, how === 'kicked' ? 'the source is kicked out' : `the source drops (${how})`, { mark: 'drop' });
    this.waits.begin(tunnel, version);
    this.accountOf(tunnel).dropped();
    world.sources.get(tunnel.index)?.dropped();
  }

  shows(tunnel: Tunnel, late: boolean): void {
    this.waits.shows(tunnel);
    if (!late) return;
    this.world.tell?.(tunnel.index, 'DescribeTunnel shows only now that the old connection ended');
    this.accountOf(tunnel).shownLate();
  }

  ended(tunnel: Tunnel): void {
    this.world.tell?.(tunnel.index, `the tunnel ends (${tunnel.ended})`);
    this.waits.end(tunnel);
    this.world.sources.get(tunnel.index)?.ended();
  }

  looked(recovery: RecoveryStrand): void {
    recovery.lookedAt = this.world.scheduler.now;
    recovery.callsSinceLook = 0;
    if (recovery.tunnel) this.accountOf(recovery.tunnel).looked(recovery);
  }

  rotating(tunnel: Tunnel): void {
    this.accountOf(tunnel).rotating();
  }

  rotated(recovery: RecoveryStrand, tunnel: Tunnel, hit: Link | undefined): void {
    this.world.tally.rotations += 1;
    const wrong = this.accountOf(tunnel).rotated(recovery, hit, this.world.scheduler.now);
    if (wrong) this.world.violate(wrong.invariant, tunnel, wrong.words);
  }

  delivered(recovery: RecoveryStrand, tunnel: Tunnel, text: string, versionId: string): void {
    const { world } = this;
    world.tally.deliveries += 1;
    const token = world.tunneling.tokens.get(text);
    if (token) token.version = versionId;
    this.bucketOf(tunnel).pay(world.scheduler.now); // it is the delivery that costs a token
    const wrong = this.accountOf(tunnel).newVersion(recovery, world.scheduler.now);
    if (wrong) world.violate(3, tunnel, wrong);
    const wait = token === tunnel.source.live ? this.waits.delivered(tunnel) : undefined;
    if (wait) {
      const how = `${world.isCalm ? 'without' : 'with'} faults, ${this.hadToWait(tunnel) ? 'budget was empty' : noticed(recovery, wait.version)}`;
      world.tally.recovered(how, wait.fromDrop, wait.fromSignal);
    }
    world.sources.get(tunnel.index)?.learns();
  }

  /** It took a claim. */
  claimed(recovery: RecoveryStrand, versionId: string): void {
    recovery.claims.push(versionId);
    if (recovery.tunnel) this.world.claimed(recovery.tunnel);
  }

  /** It read the ledger. */
  read(recovery: RecoveryStrand): void {
    recovery.affordable = recovery.tunnel ? this.bucketOf(recovery.tunnel).left(this.world.scheduler.now) : 0;
  }

  /** A recovery returned or threw. Invariants 10 and 11. */
  finished(recovery: RecoveryStrand, outcomes: readonly Outcome[]): void {
    const { tunnel, claims, unsure, affordable } = recovery;
    if (!tunnel) return;
    if (unsure) return this.waits.hit(tunnel);
    const left = this.world.ledger.read(tunnel.id, 'source')?.claim;
    if (left && claims.includes(left.versionId)) this.world.violate(10, tunnel, `its work is over, and the claim of ${left.versionId} stands`);
    if (affordable > 1.05 && outcomes.some((outcome) => outcome.kind === 'held' && outcome.reason === 'flapping')) {
      this.world.violate(11, tunnel, `held for flapping, though ${affordable.toFixed(2)} rotations were left`);
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
    if (tunnel) this.accountOf(tunnel).trouble(strand as RecoveryStrand);
  }

  /** The source says that it dropped. */
  said(tunnel: Tunnel, proof: string | undefined): void {
    this.waits.said(tunnel, proof);
  }

  /** What it said never reached the queue. */
  unheard(tunnel: Tunnel): void {
    this.waits.hit(tunnel);
    this.waits.unheard(tunnel);
  }

  /** A signal of that time became a dead letter. */
  buried(tunnel: Tunnel, since: number): void {
    this.waits.buried(tunnel, since);
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

  /** @returns why this tunnel is not well: its source waits, or its secret is stale */
  ailment(tunnel: Tunnel): { invariant: 1 | 4; words: string } | undefined {
    const { world } = this;
    if (tunnel.ended) return undefined;
    const { link, live } = tunnel.source;
    if (link?.alive) return undefined; // whatever the secret holds, it was used by the connection that stands
    if (holdsRevoked(tunnel, world.vault.secrets.get(tunnel.id))) return { invariant: 4, words: 'the secret holds a revoked token' };
    if (!world.sources.get(tunnel.index)?.waits || this.isAccepted(tunnel)) return undefined;
    return { invariant: 1, words: live.spent || !live.version ? 'its source waits for a token that nobody makes' : 'its source does not come back' };
  }

  /** What is written down so far but for the budgets, to tell one state of a world from another. */
  books(): unknown {
    return [[...this.accounts], this.waits.books()];
  }

  /** Stands for the wait of its source that is on now, if one is. */
  waitOf(tunnel: Tunnel): object | undefined {
    return this.waits.of(tunnel);
  }

  /** Its source waits in vain, and that is known. */
  isAccepted(tunnel: Tunnel): boolean {
    const waits = !tunnel.ended && this.world.sources.get(tunnel.index)?.waits === true;
    return waits && acceptedAsUnused(tunnel, this.world.ledger.read(tunnel.id, 'source'));
  }

  /** The bucket was empty but for the token that was just paid. */
  private hadToWait({ id }: Tunnel): boolean {
    return (this.world.ledger.read(id, 'source')?.budget?.tokens ?? Infinity) < 0.2;
  }

  private bucketOf({ index }: Tunnel): Bucket {
    let bucket = this.buckets.get(index);
    if (!bucket) this.buckets.set(index, bucket = new Bucket());
    return bucket;
  }

  private accountOf({ index }: Tunnel): Account {
    let account = this.accounts.get(index);
    if (!account) this.accounts.set(index, account = new Account(DEFAULT_POLICY.settle - 2 * this.world.conditions.weather.skew));
    return account;
  }
}

function noticed({ signal: { via, proof } }: RecoveryStrand, dropped: string | undefined): string {
  if (via === 'sweep') return 'found by a sweep';
  return proof !== undefined && proof.reveal() === dropped ? 'signalled with proof' : 'signalled without proof';
}
