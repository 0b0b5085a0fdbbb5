import { optionalInteger, optionalString, type Input } from './inputs';
import { AwsError } from './service';

interface PageNames {
  /** What this service calls the size of a page, and the most that it takes. */
  readonly size: string;
  readonly most: number;
  /** What it answers for a size that it doesn't take, and for a token that it never gave. */
  readonly invalidSize: string;
  readonly invalidToken: string;
}

/** One page of a list: what comes after `NextToken`, and the token of the page after. @throws AwsError */
export function paged<T>(all: readonly T[], input: Input, { size, most, invalidSize, invalidToken }: PageNames): { page: readonly T[]; next?: string } {
  const token = optionalString(input, 'NextToken') ?? '0';
  if (!/^\d{1,9}$/.test(token)) throw new AwsError(invalidToken, 'The NextToken value is invalid.');
  const count = optionalInteger(input, size) ?? most;
  if (count < 1 || count > most) {
    throw new AwsError(invalidSize, `1 validation error detected: Value at '${size}' failed to satisfy constraint: Member must be between 1 and ${most}`);
  }
  const start = Number(token);
  const end = start + count;
  return { page: all.slice(start, end), next: end < all.length ? String(end) : undefined };
}
