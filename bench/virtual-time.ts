import { DefaultRateLimiter } from '@smithy/util-retry';

/** Time that passes from one thing that is due to the next, however long that is. Whoever asks `Date.now` meanwhile is told this time. */
export class VirtualTime {
  now = Date.parse('2026-01-01T00:00:00Z');
  private readonly heap: { readonly at: number; readonly order: number; readonly wake: () => void }[] = [];
  private count = 0;

  sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => this.push(this.now + Math.max(0, milliseconds), wake));
  }

  /** Runs until `work` is over. What nobody waits for any more is forgotten. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const real = { now: Date.now, setTimeoutFn: (DefaultRateLimiter as unknown as { setTimeoutFn: unknown }).setTimeoutFn };
    Date.now = () => this.now;
    // The SDK's limiter has this seam for tests.
    Object.assign(DefaultRateLimiter, { setTimeoutFn: (wake: () => void, delay: number) => this.push(this.now + delay, wake) });
    try {
      let over = false;
      const result = work().finally(() => { over = true; });
      result.catch(() => undefined);
      for (;;) {
        await new Promise(setImmediate); // whoever was woken runs until it waits again
        if (over) return await result;
        const next = this.pop();
        if (!next) throw new Error('everybody waits, and nothing is due');
        this.now = Math.max(this.now, next.at);
        next.wake();
      }
    } finally {
      Date.now = real.now;
      Object.assign(DefaultRateLimiter, { setTimeoutFn: real.setTimeoutFn });
    }
  }

  private push(at: number, wake: () => void): void {
    const { heap } = this;
    const entry = { at, order: this.count++, wake };
    let index = heap.push(entry) - 1;
    for (let parent = (index - 1) >> 1; index > 0 && isBefore(entry, heap[parent]); parent = (index - 1) >> 1) {
      heap[index] = heap[parent];
      index = parent;
    }
    heap[index] = entry;
  }

  private pop() {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child += 1;
      if (!isBefore(heap[child], last)) break;
      heap[index] = heap[child];
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

const isBefore = (a: { at: number; order: number }, b: { at: number; order: number }) => a.at < b.at || (a.at === b.at && a.order < b.order);
