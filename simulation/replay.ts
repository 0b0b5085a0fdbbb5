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

/**
 * The command that tells a story again.
 *
 * @param bug number of the seeded bug, if there is one
 */
export function commandFor(seed: number, world: number, { tunnels, faults, drops }: Plan, bug?: number): string {
  return [
    `npm run simulate -- --seed ${seed} --world ${world}`,
    ...(bug !== undefined ? [`--bug ${bug}`] : []),
    ...(tunnels ? [`--tunnels ${[...tunnels].join(',')}`] : []),
    ...(faults ? [`--faults ${[...faults].join(',') || 'none'}`] : []),
    ...(drops !== undefined ? [`--drops-each ${drops}`] : []),
  ].join(' ');
}
