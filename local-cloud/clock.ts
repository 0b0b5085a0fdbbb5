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
 * Runs like the system's clock, and can be put forward. What is due by then happens at once, in its order, as on a machine
 * that slept and woke up: a period that was missed many times comes once.
 */
export class AdjustableClock implements Clock {
  /** When it was stopped, in epoch milliseconds; undefined for a clock that runs. */
  readonly stoppedAt: number | undefined;
  private offset = 0;
  private readonly pending = new Set<Pending>();

  /** @param options.stopped time passes in `advance` alone, so that a slow machine sees what a fast one sees */
  constructor({ stopped = false }: { readonly stopped?: boolean } = {}) {
    this.stoppedAt = stopped ? Date.now() : undefined;
  }

  now(): number {
    return (this.stoppedAt ?? Date.now()) + this.offset;
  }

  /** Milliseconds that this clock was put forward. */
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
    this.offset += milliseconds;
    const now = this.now();
    const due = [...this.pending].filter((entry) => entry.due <= now).sort((a, b) => a.due - b.due);
    for (const entry of this.pending) this.arm(entry);
    for (const entry of due) {
      if (!this.pending.has(entry)) continue; // an earlier one cancelled it
      this.drop(entry);
      entry.action();
    }
  }

  private arm(entry: Pending): void {
    clearTimeout(entry.timer);
    if (this.stoppedAt !== undefined && entry.due > this.now()) return; // `advance` comes for it
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
