/** How a call to AWS failed, in the only terms that matter here. */
export type FailureKind =
  /** Worth another try: no answer came. */
  | 'unreachable'
  /** Worth another try: AWS throttled, or failed for reasons of its own. */
  | 'busy'
  | 'access-denied'
  /** Missing, expired or unknown credentials: a person can mend that while we wait. */
  | 'credentials'
  /** AWS understood and refused for another reason. */
  | 'refused';

/** A permission that a call needs: as IAM names it, and on what. */
export interface Permission {
  readonly action: string;
  readonly resource: string;
}

/**
 * A call to AWS failed. Carries names only, neither AWS's message nor the SDK's error: the SDK attaches raw answers to what it
 * throws, and the raw answer of GetSecretValue or OpenTunnel is a token.
 */
export class AwsCallError extends Error {
  override readonly name = 'AwsCallError';

  constructor(
    /** For example `secretsmanager:GetSecretValue`. */
    readonly permission: Permission,
    readonly kind: FailureKind,
    /** AWS's error code, for example `ThrottlingException`. */
    readonly code: string,
  ) {
    super(`${permission.action} failed: ${code} (${kind})`);
  }
}

/** The command line or an option is wrong; the message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A secret does not hold what the rotator writes. Names the field, never its value. */
export class SecretFormatError extends Error {
  override readonly name = 'SecretFormatError';

  constructor(secretName: string, problem: string) {
    super(`The secret ${secretName} ${problem}. Is it one of the rotator's? Check --prefix.`);
  }
}

const CREDENTIALS = /Credentials|TokenProvider|ExpiredToken|UnrecognizedClient|InvalidClientTokenId|Signature|RequestExpired/i;
const ACCESS_DENIED = /AccessDenied|Forbidden|Unauthorized|NotAuthorized|DecryptionFailure/i;
const BUSY = /Throttl|TooManyRequests|RequestLimitExceeded/i;

/** Which kind of failure is this? Undefined if it is none: we aborted the call ourselves. */
export function classify(error: unknown): { readonly kind: FailureKind; readonly code: string } | undefined {
  const { name, code: systemCode, $metadata } = error as { name?: string; code?: unknown; $metadata?: { httpStatusCode?: number } };
  if (name === 'AbortError') return undefined;
  const status = $metadata?.httpStatusCode ?? 0;
  const code = [systemCode, name].find(isCode) ?? 'UnknownError';
  if (CREDENTIALS.test(code)) return { kind: 'credentials', code };
  if (ACCESS_DENIED.test(code) || status === 403) return { kind: 'access-denied', code };
  if (BUSY.test(code) || status === 429 || status >= 500) return { kind: 'busy', code };
  if (status >= 400 && status !== 408) return { kind: 'refused', code };
  // No answer came, or one that was none.
  return { kind: 'unreachable', code };
}

/** An error code is one of a fixed set; anything that doesn't look like one is not repeated. */
const isCode = (text: unknown): text is string => typeof text === 'string' && /^[A-Za-z][A-Za-z0-9._]{0,80}$/.test(text);
