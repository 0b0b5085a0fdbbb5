import { AdaptiveRetryStrategy, ConfiguredRetryStrategy, DefaultRateLimiter } from '@smithy/util-retry';

const THROTTLED = { name: 'ThrottlingException' };
const ATTEMPTS = 3;

/**
 * The pace that AWS grants to one API, found and not set: full speed until the first throttling, slower by a third at each one, and back with
 * time. That is the SDK's own limiter; its adaptive mode (3.693) hands it the error in a wrapping in which it knows no throttling, and so never
 * slows down. One for all calls of an API in a process, whichever client makes them.
 */
export class FoundPace extends DefaultRateLimiter {
  override updateClientSendingRate(response: unknown): void {
    const throttled = (response as { errorType?: string } | undefined)?.errorType === 'THROTTLING';
    super.updateClientSendingRate(throttled ? THROTTLED : response);
  }
}

/** For calls that may be repeated. */
export function repeating(pace: FoundPace): AdaptiveRetryStrategy {
  return new AdaptiveRetryStrategy(async () => ATTEMPTS, { rateLimiter: pace });
}

/**
 * Repeats a call only if AWS throttled it, which means that nothing happened. For Rotate: a first try that seemed lost and
 * lands after the second one would revoke the token that the second one returned.
 */
export class OnlyWhenThrottled extends ConfiguredRetryStrategy {
  constructor(private readonly pace = new FoundPace()) {
    super(ATTEMPTS, (attempt) => 200 * 2 ** attempt * (0.5 + Math.random()));
  }

  override async acquireInitialRetryToken(...[scope]: Parameters<ConfiguredRetryStrategy['acquireInitialRetryToken']>) {
    await this.pace.getSendToken();
    return super.acquireInitialRetryToken(scope);
  }

  override async refreshRetryTokenForRetry(...[token, error]: Parameters<ConfiguredRetryStrategy['refreshRetryTokenForRetry']>) {
    this.pace.updateClientSendingRate(error);
    if (error.errorType !== 'THROTTLING') throw new Error('not throttled, so not repeated');
    return super.refreshRetryTokenForRetry(token, error);
  }

  override recordSuccess(...[token]: Parameters<ConfiguredRetryStrategy['recordSuccess']>): void {
    this.pace.updateClientSendingRate({});
    super.recordSuccess(token);
  }
}
