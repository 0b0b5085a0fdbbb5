/** How a call to AWS failed, in the only terms that matter to us. */
export type FailureKind =
  /** Worth another try: throttled, 5xx, a lost connection. */
  | 'unavailable'
  /** The role, a key policy or an organisation policy forbids it: somebody has to change something. */
  | 'access-denied'
  /** AWS understood and refused for another reason. */
  | 'refused';

/**
 * A call to AWS failed. Carries names only, never the text of AWS's message: an answer that cannot be parsed ends up in
 * such messages, and an answer may hold a token.
 */
export class DependencyError extends Error {
  override readonly name = 'DependencyError';

  constructor(
    /** For example `SecretsManager.PutSecretValue`. */
    readonly call: string,
    readonly kind: FailureKind,
    /** AWS's error code, for example `ThrottlingException`. */
    readonly code: string,
    /** AWS refused each attempt with a 4xx, throttling included, so nothing happened, nor will it. After a 5xx or a lost connection it may. */
    readonly withoutEffect: boolean,
    options?: { cause?: unknown },
  ) {
    super(`${call} failed: ${code} (${kind})`, options);
  }
}

/** The invocation's time is nearly up; whatever was not begun is left to the next one. */
export class OutOfTimeError extends Error {
  override readonly name = 'OutOfTimeError';

  constructor(readonly before: string) {
    super(`not enough time left before ${before}`);
  }
}

/** A setting is missing or wrong. Thrown once, at start. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}
