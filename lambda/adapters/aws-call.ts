import { DependencyError, type FailureKind } from '../domain/errors';

/**
 * Settings for every SDK client: fail early enough to try again within the invocation.
 * A claim's margin covers one request's time, so `requestTimeout` must stay below it.
 */
export const CLIENT_SETTINGS = {
  maxAttempts: 3,
  retryMode: 'standard', // jittered; what slows down when AWS throttles is in found-pace.ts
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
    throw new DependencyError(call, kindOf(code, status), code, isRefusal(status) && (attemptsOf(error) === 1 || wereAllRefused(error)));
  }
}

/** Notes on an error whether all attempts of its call were refused, so that none can have had an effect. */
export function remembersRefusals<T extends { middlewareStack: { add: (...args: never[]) => void } }>(client: T): T {
  const eachAttempt = (next: (args: object) => Promise<unknown>, context: { refusedSoFar?: boolean }) => async (args: object) => {
    try {
      return await next(args);
    } catch (error) {
      context.refusedSoFar = context.refusedSoFar !== false && isRefusal(statusOf(error));
      if (error instanceof Error) Object.assign(error, { [ALL_REFUSED]: context.refusedSoFar });
      throw error;
    }
  };
  const add = client.middlewareStack.add as (middleware: unknown, options: object) => void;
  add.call(client.middlewareStack, eachAttempt, { step: 'finalizeRequest', priority: 'low', name: 'remembersRefusals' });
  return client;
}

const ALL_REFUSED = Symbol('all attempts were refused');
const isRefusal = (status: number) => status >= 400 && status < 500;

/** Was the call refused with this error code? */
export function refusedWith(error: unknown, code: string): boolean {
  return error instanceof DependencyError && error.code === code;
}

const ACCESS_DENIED = /AccessDenied|Unauthorized|NotAuthorized|DecryptionFailure|EncryptionFailure|^KMS/i;
const THROTTLED = /Throttl|TooManyRequests|ProvisionedThroughputExceeded|RequestLimitExceeded/i;

function kindOf(code: string, status: number): FailureKind {
  if (THROTTLED.test(code)) return 'unavailable';
  if (ACCESS_DENIED.test(code)) return 'access-denied';
  if (status === 429 || status >= 500 || status === 0) return 'unavailable';
  return 'refused';
}

/** An error's name is one of a fixed set; anything that doesn't look like one is not repeated. */
function nameOf(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  return /^[A-Za-z][A-Za-z0-9.]{0,80}$/.test(name) ? name : 'UnknownError';
}

/** 0 when no answer came. */
const statusOf = (error: unknown): number => metadataOf(error)?.httpStatusCode ?? 0;

/** Of several attempts only the last one's answer is in the error; unless somebody took notes, an earlier one may have had its effect. */
const attemptsOf = (error: unknown): number => metadataOf(error)?.attempts ?? 1;

const wereAllRefused = (error: unknown): boolean => (error as { [ALL_REFUSED]?: boolean } | undefined)?.[ALL_REFUSED] === true;

const metadataOf = (error: unknown) => (error as { $metadata?: { httpStatusCode?: number; attempts?: number } } | undefined)?.$metadata;
