import { holdsLive } from './invariants';
import type { PretendedLedger } from './ledger';
import type { Stage } from './stage';
import { SIDES, type Side } from '../lambda/domain/vocabulary';
import type { SideState, Token, Tunnel } from './tunneling';
import type { PretendedVault } from './vault';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** How somebody may come to know of a drop. A device is asked by nobody whether it hears, so only its own words count. */
export type Way = 'proof' | 'hint' | 'sweep' | 'asks again';

/**
 * What is promised, in milliseconds, and stated here: never taken from the product's own policy. The times count from the moment
 * from which only the product stands in the way: the signal, the end that shows (unless there is a proof), the last fault.
 */
const CALM: Readonly<Record<Way, number>> = {
  proof: 35 * SECOND, // a claim that another invocation holds is looked at again when it has certainly ended
  hint: 35 * SECOND, // and as long again as the service took to show the end: rechecks take ever longer pauses
  sweep: 2 * MINUTE + 20 * SECOND, // it may pass just before the end shows, or before a token has settled
  'asks again': 2 * MINUTE + 20 * SECOND, // once a minute at least
};
/** After a fault: a claim expires, a message becomes visible again or is lost, a client asks again, two sweeps come by. */
const STORMY = 4 * MINUTE;
/** The longest pause of a recheck is 32 s; later than this only the sweep is left. */
const RECHECKED_FOR = MINUTE;
/** Where four calls in ten take seconds, queues take minutes. */
const CROWDED = 3;
const EARNED_AFTER = 8 * MINUTE;
/** A device that says so soon after its token was published that it is down may be about to use it. */
const HEARD_WITHIN = 10 * SECOND;

/** What the bounds are judged by. */
export interface Evidence extends Stage {
  readonly ledger: Pick<PretendedLedger, 'read'>;
  readonly vault: Pick<PretendedVault, 'secrets'>;
  /** The destinations' clients, by the number of their tunnel. */
  readonly devices?: ReadonlyMap<number, { readonly heard: Token | undefined; readonly asksAgain: boolean }>;
}

/** A side that lost its connection, from the drop until it is back. */
class Wait {
  saidAt: number | undefined;
  /**
   * Said so soon after a delivery that, by two clocks, it may have been said before: then the delivery was its answer. A device's may be for
   * longer: until its token has had time to be heard.
   */
  answered = false;
  proven = false;
  shownAt: number | undefined;
  /** Its clock begins anew here: a fault hit it, or its token lay there and was revoked, or its budget was empty. */
  resetAt: number;
  /** Its budget was empty until then. Of rechecks only one is promised, so the sweep is what counts. */
  earnedAt: number | undefined;
  delivered = false;
  checking = false;

  constructor(readonly side: Side, readonly at: number, readonly version: string | undefined) {
    this.resetAt = at;
  }
}

/** Invariant 9: the waits of all sides, each with its deadline. */
export class Waits {
  private readonly waits = new Map<SideState, Wait>();
  private readonly deliveredAt = new Map<SideState, number>();

  /** @param isAccepted it takes a `token-request`, and that is known */
  constructor(private readonly evidence: Evidence, private readonly isAccepted: (tunnel: Tunnel, side: Side) => boolean) {}

  begin(tunnel: Tunnel, side: Side, version: string | undefined): void {
    this.waits.set(tunnel[side], new Wait(side, this.evidence.scheduler.now, version));
  }

  end(tunnel: Tunnel, side: Side): void {
    this.waits.delete(tunnel[side]);
  }

  said(tunnel: Tunnel, proof: string | undefined, side: Side = 'source'): void {
    const wait = this.waits.get(tunnel[side]);
    if (!wait || wait.saidAt !== undefined) return;
    wait.saidAt = this.evidence.scheduler.now;
    wait.proven = proof !== undefined && proof === wait.version;
    const near = side === 'destination' ? HEARD_WITHIN : 2 * this.evidence.conditions.weather.skew + SECOND;
    wait.answered = wait.saidAt < (this.deliveredAt.get(tunnel[side]) ?? -Infinity) + near;
    this.watch(tunnel, wait);
  }

  /** Its signal was lost: if nobody says it again, it was never said. */
  unheard(tunnel: Tunnel, side: Side = 'source'): void {
    const wait = this.waits.get(tunnel[side]);
    if (wait) Object.assign(wait, { saidAt: undefined, proven: false });
  }

  /** A signal of that time failed so often that the queue gave it up. One of an earlier drop says nothing of this one. */
  buried(tunnel: Tunnel, side: Side, since: number): void {
    // The queue dates a message by the full millisecond. A device's may have joined an older one.
    if (side === 'destination' || since >= Math.floor(this.waits.get(tunnel[side])?.saidAt ?? Infinity)) this.unheard(tunnel, side);
  }

  shows(tunnel: Tunnel, side: Side): void {
    const wait = this.waits.get(tunnel[side]);
    if (!wait) return;
    wait.shownAt = this.evidence.scheduler.now;
    this.watch(tunnel, wait);
  }

  /** A fault hit whatever was under way for this tunnel; absent: for any tunnel. */
  hit(tunnel?: Tunnel): void {
    const { now } = this.evidence.scheduler;
    if (!tunnel) for (const wait of this.waits.values()) wait.resetAt = now;
    for (const side of tunnel ? SIDES : []) {
      const wait = this.waits.get(tunnel![side]);
      if (wait) wait.resetAt = now;
    }
  }

  /** @returns the wait that this delivery of a live token ends, in milliseconds, by way in; only the first time */
  delivered(tunnel: Tunnel, side: Side): { readonly fromDrop: number; readonly fromSignal: number; readonly version: string | undefined } | undefined {
    const { scheduler: { now } } = this.evidence;
    this.deliveredAt.set(tunnel[side], now);
    const wait = this.waits.get(tunnel[side]);
    if (!wait || wait.delivered) return undefined;
    wait.delivered = true;
    return { fromDrop: now - wait.at, fromSignal: now - (wait.saidAt ?? NaN), version: wait.version };
  }

  of(tunnel: Tunnel): object | undefined {
    return this.waits.get(tunnel.source);
  }

  books(): unknown {
    return [...this.waits.values()];
  }

  private watch(tunnel: Tunnel, wait: Wait): void {
    const due = this.deadline(tunnel, wait).at;
    if (wait.checking || due === Infinity) return;
    wait.checking = true;
    this.evidence.scheduler.at(due, () => {
      wait.checking = false;
      this.check(tunnel, wait);
    });
  }

  private check(tunnel: Tunnel, wait: Wait): void {
    const { scheduler: { now } } = this.evidence;
    const { side } = wait;
    if (this.waits.get(tunnel[side]) !== wait) return;
    const due = this.deadline(tunnel, wait);
    if (now >= due.at) {
      if (this.hasToken(tunnel, side)) wait.resetAt = now;
      else if (this.earnedAt(tunnel, side) > wait.resetAt) wait.earnedAt = wait.resetAt = this.earnedAt(tunnel, side);
      else if (!wait.proven && this.isAccepted(tunnel, side)) return;
      else {
        const seconds = (milliseconds: number) => `${Math.round(milliseconds / SECOND)} s`;
        const late = `${seconds(now - wait.at)} after its drop and ${seconds(now - due.from)} after nothing else stood in the way (${due.way})`;
        const lack = side === 'source' ? 'its secret holds no token that it could use' : 'its device has heard no token that it could use';
        this.evidence.violate(9, tunnel, `${late}, ${lack}`);
      }
    }
    this.watch(tunnel, wait);
  }

  private hasToken(tunnel: Tunnel, side: Side): boolean {
    if (side === 'source') return holdsLive(tunnel, this.evidence.vault.secrets.get(tunnel.id));
    const { live } = tunnel.destination;
    return !live.spent && this.evidence.devices?.get(tunnel.index)?.heard === live;
  }

  /** The earliest of the deadlines of all ways in. */
  private deadline(tunnel: Tunnel, { side, at, saidAt, proven, shownAt, resetAt, earnedAt, answered }: Wait): { at: number; from: number; way: Way } {
    const { isCalm, conditions: { weather, policy: { grace = 0 } } } = this.evidence;
    const crowded = weather.slowCalls > 0.1 ? CROWDED : 1;
    const bounds: { at: number; from: number; way: Way }[] = [];
    const add = (way: Way, from: number, extra = 0) => bounds.push({ way, from, at: from + crowded * (isCalm ? CALM[way] + extra : STORMY + extra) });
    if (saidAt !== undefined && proven && earnedAt === undefined && !this.isDoubtful(tunnel)) add('proof', Math.max(saidAt, resetAt));
    if (shownAt !== undefined) {
      // Whoever may heal by himself is left that long, and no longer. A Rotate that moves the timestamp looks like one more drop.
      const healed = Math.max(shownAt, tunnel[side].shown.lastUpdatedAt ?? 0) + grace;
      const late = saidAt === undefined ? Infinity : Math.max(0, shownAt - saidAt);
      // A device may come online long after its drop; a source is never silent for longer than the bound allows.
      const said = side === 'destination' ? saidAt ?? 0 : 0;
      if (late < RECHECKED_FOR && earnedAt === undefined && !answered) add('hint', Math.max(healed, resetAt, said), late);
      if (side === 'source') add('sweep', Math.max(at, healed, resetAt));
      else if (this.evidence.devices?.get(tunnel.index)?.asksAgain) add('asks again', Math.max(at, healed, resetAt));
    }
    return bounds.reduce((first, bound) => (bound.at < first.at ? bound : first), { at: Infinity, from: at, way: 'sweep' });
  }

  /**
   * Its secret was deleted while a rotator died over it, and where Rotate moves the timestamps, but kicks nobody, a silent drop looks like
   * a connection made with the token that may have been delivered: which of the two proofs counts can't be told.
   */
  private isDoubtful({ id }: Tunnel): boolean {
    const { ledger, vault, conditions: { unknowns } } = this.evidence;
    return unknowns.rotateMovesTimestamp && !vault.secrets.has(id) && !unknowns.rotateKicks && ledger.read(id, 'source')?.formerProofs !== undefined;
  }

  /** When the bucket in its row holds a token again. */
  private earnedAt({ id }: Tunnel, side: Side): number {
    const budget = this.evidence.ledger.read(id, side)?.budget;
    return budget && budget.tokens < 1 ? budget.at + Math.ceil((1 - budget.tokens) * EARNED_AFTER) : 0;
  }
}
