import { InterruptedError, type LabClock } from './lab';

const PAUSE = 250;
const MOST_ATTEMPTS = 200;

/** The service did nothing, because others or we asked too often. */
export const isThrottling = (error: unknown): boolean => error instanceof Error && error.name === 'ThrottlingException';

/** Who is throttled waits and asks again. @throws InterruptedError, and whatever the call ends with */
export async function patiently<T>(clock: LabClock, interrupted: AbortSignal, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    if (interrupted.aborted) throw new InterruptedError();
    try {
      return await call();
    } catch (error) {
      if (!isThrottling(error) || attempt === MOST_ATTEMPTS) throw error;
      await clock.wait(PAUSE);
    }
  }
}
