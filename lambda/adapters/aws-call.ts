import { ConfiguredRetryStrategy } from '@smithy/util-retry';
import { DependencyError, type FailureKind } from '../domain/errors';

/**
 * Settings for every SDK client: fail early enough to try again within the invocation.
 * A claim's margin covers one request's time, so `requestTimeout` must stay below it.
 */
export const CLIENT_SETTINGS = {
  maxAttempts: 3,
  retryMode: 'adaptive', // jittered, and slower for as long as AWS throttles
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000 },
} as const;

/**
 * Repeats a call only if AWS throttled it, which means that nothing happened. For Rotate: a first try that seemed lost and
 * lands after the second one would revoke the token that the second one returned.
 */
export class OnlyWhenThrottled extends ConfiguredRetryStrategy {
  constructor() {
    super(CLIENT_SETTINGS.maxAttempts, (attempt) => 200 * 2 ** attempt * (0.5 + Math.random()));
  }

  override async refreshRetryTokenForRetry(...[token, error]: Parameters<ConfiguredRetryStrategy['refreshRetryTokenForRetry']>) {
    if (error.errorType !== 'THROTTLING') throw new Error('not throttled, so not repeated');
    return super.refreshRetryTokenForRetry(token, error);
  }
}

/**
 * Runs one API call and turns what it throws into a `DependencyError`. Neither AWS's message nor the SDK's error comes
 * along: the SDK attaches raw answers to the errors it throws, and the raw answer of Rotate is a token.
 */
export async function awsCall<T>(call: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const code = nameOf(error);
    const status = statusOf(error);
    throw new DependencyError(call, kindOf(code, status), code, status >= 400 && status < 500 && attemptsOf(error) === 1);
  }
}

/** Was the call refused with this error code? */
export function refusedWith(error: unknown, code: string): boolean {
  return error instanceof DependencyError && error.code === code;
}

const ACCESS_DENIED = /AccessDenied|Unauthorized|NotAuthorized|DecryptionFailure|EncryptionFailure|KMSDisabled/i;
const THROTTLED = /Throttl|TooManyRequests|ProvisionedThroughputExceeded|RequestLimitExceeded/i;

function kindOf(code: string, status: number): FailureKind {
  if (ACCESS_DENIED.test(code)) return 'access-denied';
  if (THROTTLED.test(code) || status === 429 || status >= 500 || status === 0) return 'unavailable';
  return 'refused';
}

/** An error's name is one of a fixed set; anything that doesn't look like one is not repeated. */
function nameOf(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  return /^[A-Za-z][A-Za-z0-9.]{0,80}$/.test(name) ? name : 'UnknownError';
}

/** 0 when no answer came. */
const statusOf = (error: unknown): number => metadataOf(error)?.httpStatusCode ?? 0;

/** Of several attempts only the last one's answer is known; an earlier one may have had its effect. */
const attemptsOf = (error: unknown): number => metadataOf(error)?.attempts ?? 1;

const metadataOf = (error: unknown) => (error as { $metadata?: { httpStatusCode?: number; attempts?: number } } | undefined)?.$metadata;
