import { setTimeout as sleep } from 'node:timers/promises';

/** Spaces calls evenly: at most so many begin in any second. */
export function pacer(callsPerSecond: number): () => Promise<void> {
  const gap = 1000 / callsPerSecond;
  let next = 0;
  return async () => {
    const now = Date.now();
    const start = Math.max(now, next);
    next = start + gap;
    if (start > now) await sleep(start - now);
  };
}
