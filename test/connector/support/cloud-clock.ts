import type { Clock } from '../../../connector/session/ports';
import type { AdjustableClock } from '../../../local-cloud/clock';

/** The connector's clock, put forward together with the cloud's. */
export function cloudClock(time: AdjustableClock): Clock {
  return {
    now: () => time.now(),
    sleep: (milliseconds, abort) => new Promise((resolve) => {
      if (abort?.aborted) return resolve();
      const finish = () => {
        cancel();
        abort?.removeEventListener('abort', finish);
        resolve();
      };
      const cancel = time.after(milliseconds, finish);
      abort?.addEventListener('abort', finish);
    }),
  };
}
