import type { Clock, Tunnels } from './ports';
import type { Log } from './vocabulary';

/** The tunnel to go on with, and its first token if we opened it. */
export interface Successor {
  readonly tunnelId: string;
  readonly firstToken?: string;
}

export interface SuccessionProps {
  /** When the tunnel that is served ends; undefined as long as nobody knows. */
  readonly expiresAt: () => number | undefined;
  readonly next: () => Promise<Successor>;
  readonly tunnels: Tunnels;
  readonly clock: Clock;
  readonly log: Log;
  /** The session is over before its time. */
  readonly over: AbortSignal;
}

/** So long before the end the next tunnel is opened: time for the device to hear of it and to connect. */
const AHEAD = 120_000;
/** Nothing is gained by changing over while the device is not there, up to this moment before the end. */
const LATEST = 15_000;
const RETRY = 15_000;
const LOOK = 2_000;

/**
 * Opens the next tunnel shortly before the one that is served reaches the end of its lifetime, which nothing can extend.
 *
 * @returns the next one, at the moment to change over; undefined if the session ended before that
 */
export async function successor({ expiresAt, next, tunnels, clock, log, over }: SuccessionProps): Promise<Successor | undefined> {
  for (;;) {
    const end = expiresAt();
    const wait = end === undefined ? LOOK : end - AHEAD - clock.now();
    if (wait <= 0) break;
    await clock.sleep(wait, over);
    if (over.aborted) return undefined;
  }
  const end = expiresAt()!;
  const successor = await open();
  while (successor && !over.aborted && clock.now() < end - LATEST) {
    const observation = await tunnels.describe(successor.tunnelId, over).catch(() => undefined);
    if (observation?.kind !== 'open' || observation.destination === 'CONNECTED') break;
    await clock.sleep(LOOK, over);
  }
  return successor;

  async function open(): Promise<Successor | undefined> {
    while (!over.aborted) {
      try {
        return await next();
      } catch (error) {
        log('warn', `The next tunnel could not be opened: ${(error as Error).message}. Trying again in ${RETRY / 1_000} s.`);
        await clock.sleep(RETRY, over);
      }
    }
    return undefined;
  }
}
