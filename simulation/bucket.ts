const BURST = 10;
const REFILL = 8 * 60_000;

/** What the budget of one side must hold at least: one token is paid for each delivery. */
export class Bucket {
  private tokens = BURST;
  private at = -Infinity;

  left(now: number): number {
    return this.at === -Infinity ? BURST : Math.min(BURST, this.tokens + (now - this.at) / REFILL);
  }

  pay(now: number): void {
    this.tokens = this.left(now) - 1;
    this.at = now;
  }
}
