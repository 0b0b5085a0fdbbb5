import type { RecoveryStrand } from './recovery-strand';
import type { Link } from './tunneling';

/**
 * The books on one side of one tunnel: how many rotations its present episode can explain. An episode begins when a connection
 * really ends, and ends when one is made. It takes one rotation, and one more for each that was lost to a crash or a failure, or
 * that was made because the end of the old connection showed only after the fence was read, and after settle was over.
 */
export class Account {
  episode = 0;
  private made = 0;
  private delivered = 0;
  private mayMake = 0;
  private mayDeliver = 0;
  private fenceRead = false;
  private lateEnds = 0;
  private deliveredAt = -Infinity;

  /** @param settle after a delivery, so long must pass before the late end of an old connection is a reason to rotate */
  constructor(private readonly settle: number) {}

  connected(): void {
    this.begin(0);
  }

  dropped(): void {
    this.begin(1);
  }

  /** DescribeTunnel answered a recovery that has rotated: whatever shows after this is beyond the fence. */
  looked(_recovery: RecoveryStrand): void {}

  shownLate(): void {
    if (this.fenceRead) this.lateEnds += 1;
  }

  /** Before Rotate takes effect: what shows because of it from here on is inside the fence that is read next. */
  rotating(): void {
    this.fenceRead = false;
  }

  /** @returns what is wrong with this rotation */
  rotated(recovery: RecoveryStrand, hit: Link | undefined, now: number): { invariant: 2 | 3; words: string } | undefined {
    if (hit) {
      if (!excused(recovery, hit)) return { invariant: 2, words: 'Rotate hit a connection that was alive' };
      if (hit.alive) this.explainBoth(); // it was not kicked, so no episode began
    }
    this.made += 1;
    this.fenceRead = true;
    if (this.made > this.mayMake && this.lateEnds > 0 && now >= this.deliveredAt + this.settle) {
      this.lateEnds -= 1;
      this.explainBoth();
    }
    if (this.made > this.mayMake) {
      return { invariant: 3, words: this.mayMake === 0 ? 'a token was revoked though nothing had dropped' : `rotation ${this.made} of one drop` };
    }
    recovery.rotatedIn = this.episode;
    if (recovery.troubled) this.mayMake += 1;
    return undefined;
  }

  /** @returns what is wrong with this delivery */
  newVersion(recovery: RecoveryStrand, now: number): string | undefined {
    if (recovery.rotatedIn !== this.episode) return undefined; // of an episode that is over
    this.delivered += 1;
    this.deliveredAt = now;
    if (this.delivered > this.mayDeliver) return `delivery ${this.delivered} of one drop`;
    recovery.deliveredIn = this.episode;
    if (recovery.troubled) this.mayDeliver += 1;
    return undefined;
  }

  /** The recovery died, or a call of it failed: what it did may be lost, and may be done again. */
  trouble(recovery: RecoveryStrand): void {
    if (recovery.troubled || recovery.committed) return;
    recovery.troubled = true;
    if (recovery.rotatedIn === this.episode) this.mayMake += 1;
    if (recovery.deliveredIn === this.episode) this.mayDeliver += 1;
  }

  private begin(rotations: number): void {
    this.episode += 1;
    this.made = 0;
    this.delivered = 0;
    this.mayMake = rotations;
    this.mayDeliver = rotations;
    this.lateEnds = 0;
    this.deliveredAt = -Infinity;
  }

  private explainBoth(): void {
    this.mayMake += 1;
    this.mayDeliver += 1;
  }
}

/**
 * Its own client said that this very token is spent; or the connection came into being after the last look, with nothing done in
 * between: Rotate has no condition of its own, so that one call's time can't be closed.
 */
function excused({ signal, lookedAt, callsSinceLook }: RecoveryStrand, { token, since }: Link): boolean {
  return (signal.proof !== undefined && signal.proof.reveal() === token.version) || (since >= lookedAt && callsSinceLook === 0);
}
