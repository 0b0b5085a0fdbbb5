import type { Clock } from './clock';
import { AwsError } from './service';

/** Would AWS try again? A throttle, a fault of the service, or no answer at all; never a refusal. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof AwsError)) return error instanceof Error && (error.name === 'ConnectionLost' || error.name === 'Unanswered');
  return error.status >= 500 || /Throttl|TooManyRequests/.test(error.code);
}

/** Runs again after each pause while the failure is transient; throws the last one. */
export async function retrying<T>(clock: Clock, pauses: readonly number[], run: () => Promise<T>): Promise<T> {
  for (const pause of pauses) {
    try {
      return await run();
    } catch (error) {
      if (!isTransient(error)) throw error;
    }
    await new Promise<void>((resolve) => { clock.after(pause, resolve); });
  }
  return run();
}

/** Growing pauses, at most this many, and together no longer than `within` milliseconds. */
export function growingPauses(count: number, within = Infinity): number[] {
  const pauses = Array.from({ length: count }, (_, index) => Math.min(1_000 * 2 ** index, 600_000));
  let sum = 0;
  return pauses.filter((pause) => (sum += pause) <= within);
}
