import type { Clock } from './ports';

/** `setTimeout` fires at once beyond 2^31-1 ms. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, abort) => new Promise((resolve) => {
    if (abort?.aborted) return resolve();
    const finish = () => {
      clearTimeout(timer);
      abort?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, Math.min(Math.max(0, milliseconds), LONGEST_TIMEOUT));
    abort?.addEventListener('abort', finish);
  }),
};
