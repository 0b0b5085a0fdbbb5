/** A token bucket: starts full, fills steadily, and may be overdrawn where one asks for that. */
export class Bucket {
  private tokens = Infinity;
  private at = 0;

  /** Takes one token, if there is one. @param size most tokens that it holds. @param now epoch milliseconds */
  take(perSecond: number, size: number, now: number): boolean {
    this.fill(perSecond, size, now);
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  /** Takes `count` tokens, there or not. @returns milliseconds until what was overdrawn has come in again */
  overdraw(count: number, perSecond: number, size: number, now: number): number {
    this.fill(perSecond, size, now);
    this.tokens -= count;
    return this.tokens >= 0 ? 0 : Math.ceil((-this.tokens / perSecond) * 1_000);
  }

  private fill(perSecond: number, size: number, now: number): void {
    this.tokens = Math.min(size, this.tokens + ((now - this.at) / 1_000) * perSecond);
    this.at = now;
  }
}
