import type { Bucket } from './policy';
import type { Budget } from './vocabulary';

/** What is in the bucket now. A clock that steps back takes nothing away. */
export function refill(budget: Budget | undefined, now: number, { burst, refill: period }: Bucket): Budget {
  if (!budget) return { tokens: burst, at: now };
  const earned = Math.max(0, now - budget.at) / period;
  return { tokens: Math.min(burst, budget.tokens + earned), at: now };
}

export const pay = ({ tokens, at }: Budget): Budget => ({ tokens: tokens - 1, at });

/** How long until the bucket holds so many. */
export const untilItHolds = (tokens: number, budget: Budget, { refill: period }: Bucket): number => Math.ceil((tokens - budget.tokens) * period);
