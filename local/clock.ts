/** Time as the local cloud sees it; tests put a manual one in its place. */
export interface Clock {
  now(): number;
  /** Runs `action` once after `delay` milliseconds; returns what cancels it. Never keeps the process alive. */
  after(delay: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, action) {
    const timer = setTimeout(action, Math.min(delay, LONGEST_TIMEOUT));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** `setTimeout` fires at once beyond 2^31-1 ms; nothing here outlives its 24 days. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/**
 * Runs like the system's clock, and can be put forward: what becomes due by that happens at once, in order of its time.
 * Function instances see the same time (see `LocalCloud.advance`), so a claim's twenty seconds pass in none.
 */
export class AdjustableClock implements Clock {
  private offset = 0;
  private readonly pending = new Set<Pending>();

  now(): number {
    return Date.now() + this.offset;
  }

  /** Milliseconds that this clock is ahead of the system's. */
  get ahead(): number {
    return this.offset;
  }

  after(delay: number, action: () => void): () => void {
    const entry: Pending = { due: this.now() + delay, action };
    this.pending.add(entry);
    this.arm(entry);
    return () => this.drop(entry);
  }

  /** Puts the clock forward by `milliseconds`. */
  advance(milliseconds: number): void {
    const target = this.now() + milliseconds;
    for (let next = this.earliest(target); next; next = this.earliest(target)) {
      this.offset = Math.max(this.offset, next.due - Date.now());
      this.drop(next);
      next.action();
    }
    this.offset = Math.max(this.offset, target - Date.now());
    for (const entry of this.pending) this.arm(entry);
  }

  private earliest(target: number): Pending | undefined {
    const due = [...this.pending].filter((entry) => entry.due <= target);
    return due.sort((a, b) => a.due - b.due)[0];
  }

  private arm(entry: Pending): void {
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => {
      this.drop(entry);
      entry.action();
    }, Math.min(Math.max(0, entry.due - this.now()), LONGEST_TIMEOUT));
    entry.timer.unref();
  }

  private drop(entry: Pending): void {
    clearTimeout(entry.timer);
    this.pending.delete(entry);
  }
}

interface Pending {
  readonly due: number;
  readonly action: () => void;
  timer?: NodeJS.Timeout;
}
