import { worldSeed } from './chance';
import type { Plan } from './world';

/** Names a world of a run, and what of it is left out. */
export interface Replay {
  readonly seed: number;
  readonly world: number;
  readonly tunnels?: readonly number[];
  readonly faults?: readonly string[];
  readonly dropsEach?: number;
}

export function planOf({ seed, world, tunnels, faults, dropsEach }: Replay): Plan {
  return { seed: worldSeed(seed, world), tunnels: tunnels && new Set(tunnels), faults: faults && new Set(faults), drops: dropsEach };
}

/** A story that takes more faults than this is told with all of its world's. */
const MOST_NAMES = 40;

/**
 * The command that tells a story again.
 *
 * @param bug number of the seeded bug, if there is one
 */
export function commandFor(seed: number, world: number, { tunnels, faults, drops }: Plan, bug?: number): string {
  const command = [`npm run simulate -- --seed ${seed} --world ${world}`, ...(bug !== undefined ? [`--bug ${bug}`] : [])];
  if ((faults?.size ?? 0) > MOST_NAMES) return command.join(' ');
  return [
    ...command,
    ...(tunnels ? [`--tunnels ${[...tunnels].join(',')}`] : []),
    ...(faults ? [`--faults ${[...faults].join(',') || 'none'}`] : []),
    ...(drops !== undefined ? [`--drops-each ${drops}`] : []),
  ].join(' ');
}
