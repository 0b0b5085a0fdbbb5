import { DefaultRateLimiter } from '@smithy/util-retry';
import type { RetryErrorInfo, StandardRetryToken } from '@smithy/types';
import { FoundPace, OnlyWhenThrottled, repeating } from '../../../lambda/adapters/found-pace';

const throttled: RetryErrorInfo = { errorType: 'THROTTLING' };
const lost: RetryErrorInfo = { errorType: 'TRANSIENT' };

/** Time that stands still but for the waiting of the limiter. */
function stillness() {
  let now = 1_700_000_000_000;
  const waits: number[] = [];
  jest.spyOn(Date, 'now').mockImplementation(() => now);
  Object.assign(DefaultRateLimiter, { setTimeoutFn: (resolve: () => void, delay: number) => { waits.push(delay); now += delay; resolve(); } });
  return { waits, pass: (milliseconds: number) => { now += milliseconds; } };
}

afterEach(() => {
  jest.restoreAllMocks();
  Object.assign(DefaultRateLimiter, { setTimeoutFn: setTimeout });
});

describe('the pace', () => {
  it('GIVEN no throttling THEN nothing waits', async () => {
    const { waits, pass } = stillness();
    const strategy = repeating(new FoundPace());
    for (let call = 0; call < 50; call++) {
      strategy.recordSuccess(await strategy.acquireInitialRetryToken('') as StandardRetryToken);
      pass(10);
    }
    expect(waits).toEqual([]);
  });

  it('GIVEN that AWS throttled one call THEN the next ones come slower, those of every client', async () => {
    const { waits, pass } = stillness();
    const pace = new FoundPace();
    const describing = repeating(pace);
    const rotating = new OnlyWhenThrottled(pace);
    for (let call = 0; call < 50; call++) {
      describing.recordSuccess(await describing.acquireInitialRetryToken('') as StandardRetryToken);
      pass(50); // twenty a second
    }
    await describing.refreshRetryTokenForRetry(await describing.acquireInitialRetryToken('') as StandardRetryToken, throttled);
    for (let call = 0; call < 50; call++) await rotating.acquireInitialRetryToken('');
    // A burst first, then one after the other, at about 0.7 of twenty a second.
    expect(waits.length).toBeGreaterThan(20);
    for (const wait of waits.slice(-20)) expect(wait).toBeCloseTo(1000 / 14, -1);
  });

  it('GIVEN that Rotate was throttled THEN looks slow down as well, and so they do in the sweep', async () => {
    const { waits } = stillness();
    const pace = new FoundPace();
    const rotating = new OnlyWhenThrottled(pace);
    await rotating.refreshRetryTokenForRetry(await rotating.acquireInitialRetryToken(''), throttled);
    await repeating(pace).acquireInitialRetryToken('');
    await repeating(pace).acquireInitialRetryToken('');
    expect(waits.length).toBeGreaterThan(0);
  });

  it('GIVEN a call that was lost, not throttled THEN Rotate is not repeated, and nothing slows down', async () => {
    const { waits } = stillness();
    const pace = new FoundPace();
    const rotating = new OnlyWhenThrottled(pace);
    await expect(rotating.refreshRetryTokenForRetry(await rotating.acquireInitialRetryToken(''), lost)).rejects.toThrow('not throttled');
    await rotating.acquireInitialRetryToken('');
    expect(waits).toEqual([]);
  });
});
