import { InterruptedError, type LabClock } from './lab';

const PAUSE = 250;
const MOST_ATTEMPTS = 200;
const MOST_REPEATS = 4;

export interface Circumstances {
  readonly clock: LabClock;
  readonly interrupted: AbortSignal;
  /** @default false */
  readonly repeatable?: boolean;
}

/** The service did nothing, because others or we asked too often. */
export const isThrottling = (error: unknown): boolean => error instanceof Error && error.name === 'ThrottlingException';

/** Nobody knows what the service did, if anything. */
const isUnanswered = (error: unknown): boolean => {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return !$metadata?.httpStatusCode || $metadata.httpStatusCode >= 500;
};

/**
 * Who is throttled waits and asks again; for a call that changes nothing the second time, whoever got no answer too.
 *
 * @throws InterruptedError, and whatever the call ends with
 */
export async function patiently<T>({ clock, interrupted, repeatable = false }: Circumstances, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    if (interrupted.aborted) throw new InterruptedError();
    try {
      return await call();
    } catch (error) {
      const again = isThrottling(error) ? attempt < MOST_ATTEMPTS : repeatable && isUnanswered(error) && attempt < MOST_REPEATS;
      if (!again) throw error;
      await clock.wait(PAUSE);
    }
  }
}
