import { type Growth, pause } from './pauses';
import type { Ports } from './ports';
import type { Log, SourceSide } from './vocabulary';

export interface WatchProps extends Pick<Ports, 'tunnels' | 'clock' | 'random'> {
  readonly tunnelId: string;
  /** The source side before the child started. */
  readonly before: SourceSide | undefined;
  readonly growth: Growth;
  readonly log: Log;
}

export interface Sightings {
  /** The service shows a connection that was not there before. */
  readonly connected: () => void;
  /** The connection, or the whole tunnel, is gone, and the child does not know. */
  readonly lost: () => void;
  /** Whether the child's connection was seen before. */
  readonly believesConnected: () => boolean;
}

/**
 * Looks at the tunnel now and then while the child runs. The local proxy may say nothing when it connects, and waits without limit
 * when its connection died in silence.
 */
export async function watch(props: WatchProps, on: Sightings, over: AbortSignal): Promise<void> {
  const { tunnels, tunnelId, before, clock, random, growth, log } = props;
  let disconnectedSince: number | undefined;
  for (let look = 0; ; look++) {
    await clock.sleep(pause(growth, look, random), over);
    if (over.aborted) return;
    const observation = await tunnels.describe(tunnelId, over).catch((error: Error) => {
      // Whoever needs the answer asks again, and hears the error then.
      if (!over.aborted) log('debug', `Could not look at the tunnel: ${error.message}`);
      return undefined;
    });
    if (over.aborted) return;
    if (!observation) continue;
    if (observation.kind !== 'open') {
      log('info', 'The tunnel is over; ending the command.');
      return on.lost();
    }
    const { status, lastUpdatedAt = 0 } = observation.source;
    if (status === 'CONNECTED') {
      disconnectedSince = undefined;
      if (before?.status !== 'CONNECTED' || before.lastUpdatedAt !== lastUpdatedAt) on.connected();
    } else if (on.believesConnected()) {
      // Twice the same: the service may be slow to show a connection, and a client with a client token may come back by itself.
      if (disconnectedSince === lastUpdatedAt) {
        log('info', 'The service shows the source disconnected, but the command did not notice; ending it.');
        return on.lost();
      }
      disconnectedSince = lastUpdatedAt;
    }
  }
}
