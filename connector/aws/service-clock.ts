import type { IoTSecureTunnelingClient } from '@aws-sdk/client-iotsecuretunneling';

/** Less may be the time that an answer was under way, and HTTP's `Date` is in whole seconds. Milliseconds. */
const SLIGHT = 60_000;

/**
 * How far the service's clock is ahead of this machine's, as its answers tell. The SDK signs rightly on a machine whose clock is off by hours,
 * so nothing else would stop one whose clock runs ahead from taking every tunnel for one that is about to end, and opening another.
 */
export class ServiceClock {
  /** Milliseconds, negative where ours is ahead; 0 as long as the two agree well enough. */
  ahead = 0;

  constructor(private readonly now: () => number) {}

  listen(client: IoTSecureTunnelingClient): void {
    client.middlewareStack.add((next) => async (args) => {
      const result = await next(args);
      this.note((result.response as { headers?: { date?: string } }).headers?.date);
      return result;
    }, { name: 'serviceClock', step: 'deserialize', priority: 'low' });
  }

  private note(date: string | undefined): void {
    const ahead = Date.parse(date ?? '') - this.now();
    if (!Number.isNaN(ahead)) this.ahead = Math.abs(ahead) < SLIGHT ? 0 : ahead;
  }
}
