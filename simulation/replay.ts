import { worldSeed } from './chance';
import type { Unknowns } from './conditions';
import type { Plan } from './world';

/** Names a world of a run, and what of it is left out. */
export interface Replay {
  readonly seed: number;
  readonly world: number;
  readonly tunnels?: readonly number[];
  readonly faults?: readonly string[];
  readonly dropsEach?: number;
  readonly measured?: Partial<Unknowns>;
}

export function planOf({ seed, world, tunnels, faults, dropsEach, measured }: Replay): Plan {
  return { seed: worldSeed(seed, world), tunnels: tunnels && new Set(tunnels), faults: faults && new Set(faults), drops: dropsEach, measured };
}

/** A story that takes more faults than this is told with all of its world's. */
const MOST_NAMES = 40;

/** What a run had that no world draws. */
export interface Additions {
  /** Number of a seeded bug. */
  readonly bug?: number;
  /** File of what was measured. */
  readonly profile?: string;
}

/** The command that tells a story again. */
export function commandFor(seed: number, world: number, { tunnels, faults, drops }: Plan, { bug, profile }: Additions = {}): string {
  const command = [
    `npm run simulate -- --seed ${seed} --world ${world}`, ...(bug !== undefined ? [`--bug ${bug}`] : []), ...(profile ? [`--profile ${profile}`] : []),
  ];
  if ((faults?.size ?? 0) > MOST_NAMES) return command.join(' ');
  return [
    ...command,
    ...(tunnels ? [`--tunnels ${[...tunnels].join(',')}`] : []),
    ...(faults ? [`--faults ${[...faults].join(',') || 'none'}`] : []),
    ...(drops !== undefined ? [`--drops-each ${drops}`] : []),
  ].join(' ');
}
