import type { VirtualTime } from './virtual-time';

const SECOND = 1_000;

/** A token bucket of one second. */
export class Quota {
  private tokens: number;
  private at: number;

  constructor(private readonly time: VirtualTime, private readonly perSecond: number) {
    this.tokens = perSecond;
    this.at = time.now;
  }

  take(): boolean {
    const { now } = this.time;
    this.tokens = Math.min(this.perSecond, this.tokens + ((now - this.at) / SECOND) * this.perSecond);
    this.at = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
