import type { Clock } from '../../../connector/session/ports';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** Time that passes only while everybody sleeps: then the next sleeper wakes at once. No test waits for real. */
export class VirtualClock implements Clock {
  private time = Date.parse('2026-03-01T12:00:00Z');
  private readonly sleepers = new Set<Sleeper>();
  private turning = false;

  now(): number {
    return this.time;
  }

  sleep(milliseconds: number, abort?: AbortSignal): Promise<void> {
    if (abort?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.sleepers.delete(sleeper);
        abort?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { due: this.time + Math.max(0, milliseconds), wake };
      this.sleepers.add(sleeper);
      abort?.addEventListener('abort', wake);
      this.turn();
    });
  }

  /** How many still sleep. */
  get asleep(): number {
    return this.sleepers.size;
  }

  /** The machine sleeps: time goes on, and whoever would have woken meanwhile wakes at the end. */
  sleepThrough(milliseconds: number): void {
    this.time += milliseconds;
  }

  private turn(): void {
    if (this.turning) return;
    this.turning = true;
    setImmediate(() => {
      this.turning = false;
      const [next] = [...this.sleepers].sort((a, b) => a.due - b.due);
      if (!next) return;
      this.time = Math.max(this.time, next.due);
      next.wake();
      this.turn();
    });
  }
}
