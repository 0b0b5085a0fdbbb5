const BURST = 10;
const REFILL = 8 * 60_000;

/** What the budget of one side must hold at least: one token is paid for a rotation, and for a claim of which nobody can say what it did. */
export class Bucket {
  private tokens = BURST;
  private at = -Infinity;

  left(now: number): number {
    return this.at === -Infinity ? BURST : Math.min(BURST, this.tokens + (now - this.at) / REFILL);
  }

  /** Below zero, if another claim has paid that will be given back. */
  pay(now: number): void {
    this.set(this.left(now) - 1, now);
  }

  /** The claim ended without a rotation. */
  refund(now: number): void {
    this.set(Math.min(BURST, this.left(now) + 1), now);
  }

  /** A key or a limit refused the delivery: until it is lifted, each further rotation would burn a token. */
  empty(now: number): void {
    this.set(0, now);
  }

  private set(tokens: number, now: number): void {
    this.tokens = tokens;
    this.at = now;
  }
}
