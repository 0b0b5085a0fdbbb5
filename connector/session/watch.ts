import type { AwsCallError } from './failures';
import { type Growth, pause } from './pauses';
import type { Ports } from './ports';
import type { Observation } from './vocabulary';

export interface WatchProps extends Pick<Ports, 'tunnels' | 'clock' | 'random'> {
  readonly tunnelId: string;
  readonly growth: Growth;
}

export interface Looks {
  /** @returns whether to look again soon */
  readonly saw: (observation: Observation) => boolean;
  readonly sawNothing: (error: AwsCallError) => void;
}

/**
 * Looks at the tunnel now and then while the child runs, ever less often while all is well. The local proxy may say nothing when it
 * connects, and waits without limit when its connection died in silence.
 */
export async function watch({ tunnels, tunnelId, clock, random, growth }: WatchProps, on: Looks, over: AbortSignal): Promise<void> {
  for (let look = 0; ; look++) {
    await clock.sleep(pause(growth, look, random), over);
    if (over.aborted) return;
    try {
      const observation = await tunnels.describe(tunnelId, over);
      if (over.aborted) return;
      if (on.saw(observation)) look = -1;
    } catch (error) {
      if (over.aborted) return;
      on.sawNothing(error as AwsCallError);
      look = -1;
    }
  }
}
