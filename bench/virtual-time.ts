import { DefaultRateLimiter } from '@smithy/util-retry';
import { Agenda } from '../simulation/agenda';

/**
 * Time that passes from one thing that is due to the next, however long that is. Whoever asks `Date.now` meanwhile is told this time, and whoever
 * asks for chance gets the same in every run.
 */
export class VirtualTime {
  now = Date.parse('2026-01-01T00:00:00Z');
  private readonly agenda = new Agenda();

  sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => this.agenda.enter(this.now + Math.max(0, milliseconds), wake));
  }

  /** Runs until `work` is over. What nobody waits for any more is forgotten. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const real = { now: Date.now, random: Math.random, setTimeoutFn: (DefaultRateLimiter as unknown as { setTimeoutFn: unknown }).setTimeoutFn };
    Date.now = () => this.now;
    Math.random = sameChances();
    // The SDK's limiter has this seam for tests.
    Object.assign(DefaultRateLimiter, { setTimeoutFn: (wake: () => void, delay: number) => this.agenda.enter(this.now + delay, wake) });
    try {
      let over = false;
      const result = work().finally(() => { over = true; });
      result.catch(() => undefined);
      for (;;) {
        await new Promise(setImmediate); // whoever was woken runs until it waits again
        if (over) return await result;
        const next = this.agenda.next();
        if (!next) throw new Error('everybody waits, and nothing is due');
        this.now = Math.max(this.now, next.time);
        next.action();
      }
    } finally {
      Date.now = real.now;
      Math.random = real.random;
      Object.assign(DefaultRateLimiter, { setTimeoutFn: real.setTimeoutFn });
    }
  }
}

/** Chances that look like any others, and are the same in every run. */
export function sameChances(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
