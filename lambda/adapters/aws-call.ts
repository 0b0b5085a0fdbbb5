import { DependencyError, type FailureKind } from '../domain/errors';

/**
 * Settings for every SDK client: fail early enough to try again within the invocation.
 * A claim's margin covers one request's time, so `requestTimeout` must stay below it.
 */
export const CLIENT_SETTINGS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000 },
} as const;

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
    throw new DependencyError(call, kindOf(code, status), code, status >= 400 && status < 500);
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
function statusOf(error: unknown): number {
  const metadata = (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata;
  return metadata?.httpStatusCode ?? 0;
}
