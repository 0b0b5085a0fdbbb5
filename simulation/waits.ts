import { holdsLive } from './invariants';
import type { PretendedLedger } from './ledger';
import type { Stage } from './stage';
import type { Tunnel } from './tunneling';
import type { PretendedVault } from './vault';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** How somebody may come to know of a drop. */
export type Way = 'proof' | 'hint' | 'sweep';

/**
 * What is promised, in milliseconds, and stated here: never taken from the product's own policy. The times count from the moment
 * from which only the product stands in the way: the signal, the end that shows (unless there is a proof), the last fault.
 */
const CALM: Readonly<Record<Way, number>> = {
  proof: 35 * SECOND, // a claim that another invocation holds is looked at again when it has certainly ended
  hint: 35 * SECOND, // and as long again as the service took to show the end: rechecks take ever longer pauses
  sweep: 2 * MINUTE + 20 * SECOND, // it may pass just before the end shows, or before a token has settled
};
/** After a fault: a claim expires, a message becomes visible again or is lost, a client asks again, two sweeps come by. */
const STORMY = 4 * MINUTE;
/** The longest pause of a recheck is 32 s; later than this only the sweep is left. */
const RECHECKED_FOR = MINUTE;
/** Where four calls in ten take seconds, queues take minutes. */
const CROWDED = 3;
const EARNED_AFTER = 8 * MINUTE;

/** What the bounds are judged by. */
export interface Evidence extends Stage {
  readonly ledger: Pick<PretendedLedger, 'read'>;
  readonly vault: Pick<PretendedVault, 'secrets'>;
}

/** A source that lost its connection, from the drop until it is back. */
class Wait {
  saidAt: number | undefined;
  /** Said so soon after a delivery that, by two clocks, it may have been said before: then the delivery was its answer. */
  answered = false;
  proven = false;
  shownAt: number | undefined;
  /** Its clock begins anew here: a fault hit it, or its token lay there and was revoked, or its budget was empty. */
  resetAt: number;
  /** Its budget was empty until then. Of rechecks only one is promised, so the sweep is what counts. */
  earnedAt: number | undefined;
  delivered = false;
  checking = false;

  constructor(readonly at: number, readonly version: string | undefined) {
    this.resetAt = at;
  }
}

/** Invariant 9: the waits of all sources, each with its deadline. */
export class Waits {
  private readonly waits = new Map<Tunnel, Wait>();
  private readonly deliveredAt = new Map<Tunnel, number>();

  /** @param isAccepted it takes a `token-request`, and that is known */
  constructor(private readonly evidence: Evidence, private readonly isAccepted: (tunnel: Tunnel) => boolean) {}

  begin(tunnel: Tunnel, version: string | undefined): void {
    this.waits.set(tunnel, new Wait(this.evidence.scheduler.now, version));
  }

  end(tunnel: Tunnel): void {
    this.waits.delete(tunnel);
  }

  said(tunnel: Tunnel, proof: string | undefined): void {
    const wait = this.waits.get(tunnel);
    if (!wait || wait.saidAt !== undefined) return;
    wait.saidAt = this.evidence.scheduler.now;
    wait.proven = proof !== undefined && proof === wait.version;
    wait.answered = wait.saidAt < (this.deliveredAt.get(tunnel) ?? -Infinity) + 2 * this.evidence.conditions.weather.skew + SECOND;
    this.watch(tunnel, wait);
  }

  /** Its signal was lost: if nobody says it again, it was never said. */
  unheard(tunnel: Tunnel): void {
    const wait = this.waits.get(tunnel);
    if (wait) Object.assign(wait, { saidAt: undefined, proven: false });
  }

  /** A signal of that time failed so often that the queue gave it up. One of an earlier drop says nothing of this one. */
  buried(tunnel: Tunnel, since: number): void {
    if (since >= (this.waits.get(tunnel)?.saidAt ?? Infinity)) this.unheard(tunnel);
  }

  shows(tunnel: Tunnel): void {
    const wait = this.waits.get(tunnel);
    if (!wait) return;
    wait.shownAt = this.evidence.scheduler.now;
    this.watch(tunnel, wait);
  }

  /** A fault hit whatever was under way for this tunnel; absent: for any tunnel. */
  hit(tunnel?: Tunnel): void {
    const { now } = this.evidence.scheduler;
    if (!tunnel) for (const wait of this.waits.values()) wait.resetAt = now;
    const wait = tunnel && this.waits.get(tunnel);
    if (wait) wait.resetAt = now;
  }

  /** @returns the wait that this delivery of a live token ends, in milliseconds, by way in; only the first time */
  delivered(tunnel: Tunnel): { readonly fromDrop: number; readonly fromSignal: number; readonly version: string | undefined } | undefined {
    const { scheduler: { now } } = this.evidence;
    this.deliveredAt.set(tunnel, now);
    const wait = this.waits.get(tunnel);
    if (!wait || wait.delivered) return undefined;
    wait.delivered = true;
    return { fromDrop: now - wait.at, fromSignal: now - (wait.saidAt ?? NaN), version: wait.version };
  }

  of(tunnel: Tunnel): object | undefined {
    return this.waits.get(tunnel);
  }

  books(): unknown {
    return [...this.waits].map(([{ index }, wait]) => [index, wait]);
  }

  private watch(tunnel: Tunnel, wait: Wait): void {
    const due = this.deadline(wait).at;
    if (wait.checking || due === Infinity) return;
    wait.checking = true;
    this.evidence.scheduler.at(due, () => {
      wait.checking = false;
      this.check(tunnel, wait);
    });
  }

  private check(tunnel: Tunnel, wait: Wait): void {
    const { scheduler: { now }, vault } = this.evidence;
    if (this.waits.get(tunnel) !== wait) return;
    const due = this.deadline(wait);
    if (now >= due.at) {
      if (holdsLive(tunnel, vault.secrets.get(tunnel.id))) wait.resetAt = now;
      else if (this.earnedAt(tunnel) > wait.resetAt) wait.earnedAt = wait.resetAt = this.earnedAt(tunnel);
      else if (!wait.proven && this.isAccepted(tunnel)) return;
      else {
        const seconds = (milliseconds: number) => `${Math.round(milliseconds / SECOND)} s`;
        const late = `${seconds(now - wait.at)} after its drop and ${seconds(now - due.from)} after nothing else stood in the way (${due.way})`;
        this.evidence.violate(9, tunnel, `${late}, its secret holds no token that it could use`);
      }
    }
    this.watch(tunnel, wait);
  }

  /** The earliest of the deadlines of all ways in. */
  private deadline({ at, saidAt, proven, shownAt, resetAt, earnedAt, answered }: Wait): { at: number; from: number; way: Way } {
    const { isCalm, conditions: { weather } } = this.evidence;
    const crowded = weather.slowCalls > 0.1 ? CROWDED : 1;
    const bounds: { at: number; from: number; way: Way }[] = [];
    const add = (way: Way, from: number, extra = 0) => bounds.push({ way, from, at: from + crowded * (isCalm ? CALM[way] + extra : STORMY + extra) });
    if (saidAt !== undefined && proven && earnedAt === undefined) add('proof', Math.max(saidAt, resetAt));
    if (shownAt !== undefined) {
      const late = saidAt === undefined ? Infinity : Math.max(0, shownAt - saidAt);
      if (late < RECHECKED_FOR && earnedAt === undefined && !answered) add('hint', Math.max(shownAt, resetAt), late);
      add('sweep', Math.max(at, shownAt, resetAt));
    }
    return bounds.reduce((first, bound) => (bound.at < first.at ? bound : first), { at: Infinity, from: at, way: 'sweep' });
  }

  /** When the bucket in its row holds a token again. */
  private earnedAt({ id }: Tunnel): number {
    const budget = this.evidence.ledger.read(id, 'source')?.budget;
    return budget && budget.tokens < 1 ? budget.at + Math.ceil((1 - budget.tokens) * EARNED_AFTER) : 0;
  }
}
