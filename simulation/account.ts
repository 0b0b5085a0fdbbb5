import type { Side } from '../lambda/domain/vocabulary';
import type { RecoveryStrand } from './recovery-strand';
import type { Link } from './tunneling';

/** A device that asks again so long after its token was published has not heard it. */
const HEARD_WITHIN = 10_000;

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

  private rotatedAt = -Infinity;
  private everDelivered = false;

  /** @param settle after a delivery, so long must pass before the late end of an old connection is a reason to rotate */
  constructor(private readonly side: Side, private readonly settle: number) {}

  connected(): void {
    this.begin(0);
  }

  dropped(): void {
    this.begin(1);
  }

  shownLate(): void {
    if (this.fenceRead) this.lateEnds += 1;
  }

  /** Before Rotate takes effect: what shows because of it from here on is inside the fence that is read next. */
  rotating(): void {
    this.fenceRead = false;
  }

  /**
   * @param isLost its secret was deleted before its token was read
   * @returns what is wrong with this rotation
   */
  rotated(recovery: RecoveryStrand, hit: Link | undefined, isLost: boolean, now: number): { invariant: 2 | 3; words: string } | undefined {
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
    if (this.made > this.mayMake && (isLost || this.isMissing(recovery))) this.explainBoth();
    this.rotatedAt = now;
    if (this.made > this.mayMake) {
      return { invariant: 3, words: this.mayMake === 0 ? 'a token was revoked though nothing had dropped' : `rotation ${this.made} of one drop` };
    }
    recovery.rotatedIn[this.side] = this.episode;
    if (recovery.troubled) this.mayMake += 1;
    return undefined;
  }

  /** @returns what is wrong with this delivery */
  newVersion(recovery: RecoveryStrand, now: number): string | undefined {
    this.everDelivered = true;
    if (recovery.rotatedIn[this.side] !== this.episode) return undefined; // of an episode that is over
    this.delivered += 1;
    this.deliveredAt = now;
    if (this.delivered > this.mayDeliver) return `delivery ${this.delivered} of one drop`;
    recovery.deliveredIn[this.side] = this.episode;
    if (recovery.troubled) this.mayDeliver += 1;
    return undefined;
  }

  /** The recovery died, or a call of it failed: what it did may be lost, and may be done again. */
  trouble(recovery: RecoveryStrand): void {
    if (recovery.committed.includes(this.side)) return;
    if (recovery.rotatedIn[this.side] === this.episode) this.mayMake += 1;
    if (recovery.deliveredIn[this.side] === this.episode) this.mayDeliver += 1;
  }

  /** What the signal says makes up for a drop: the token that it speaks of was never there, or was not heard by the device. */
  private isMissing({ signal: { kind, via, sides, since } }: RecoveryStrand): boolean {
    if (!sides.includes(this.side)) return false;
    if (this.side === 'source') return kind === 'token-request' && !this.everDelivered;
    if (kind === 'token-request' || via === 'presence') return since > this.rotatedAt;
    return via === 'mqtt' && since > this.rotatedAt + HEARD_WITHIN;
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
function excused({ signal, lookedAt, callsBeforeRotate }: RecoveryStrand, { token, since }: Link): boolean {
  return (signal.proof !== undefined && signal.proof.reveal() === token.version) || (since >= lookedAt && callsBeforeRotate === 0);
}
