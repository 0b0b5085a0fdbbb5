import { recover } from '../lambda/rotator/recovery';
import { sweep } from '../lambda/sweeper/sweep';
import { worldSeed } from './chance';
import type { Unknowns } from './conditions';
import type { Violation } from './invariants';
import { withBug, type Mutant } from './mutants';
import { live } from './phases';
import type { Subject } from './subject';
import { Tally } from './tally';
import { World } from './world';

/** The code that ships, with the policy that each world's deployment has. */
export const PRODUCT: Subject = { recover, sweep, policy: {} };

export interface Run {
  readonly seed: number;
  /** Number of the first world. @default 0 */
  readonly from?: number;
  /** Worlds are begun until so many drops have happened. */
  readonly drops: number;
  /** The run ends after so many broken worlds. @default 1 */
  readonly mostViolations?: number;
  /** What of the unknowns was measured. @default nothing */
  readonly measured?: Partial<Unknowns>;
  /** Called after each world. */
  readonly progress?: (tally: Tally) => void;
}

export interface BrokenWorld {
  /** Its number in the run. */
  readonly world: number;
  readonly violation: Violation;
}

export interface Result {
  readonly tally: Tally;
  readonly broken: readonly BrokenWorld[];
}

/** One world after the other, each with a seed of its own. */
export async function run(subject: Subject, { seed, from = 0, drops, mostViolations = 1, measured, progress }: Run): Promise<Result> {
  const tally = new Tally();
  const broken: BrokenWorld[] = [];
  for (let index = from; tally.drops < drops && broken.length < mostViolations; index++) {
    const world = new World({ seed: worldSeed(seed, index), measured }, subject, tally);
    await live(world);
    if (world.violation) broken.push({ world: index, violation: world.violation });
    progress?.(tally);
  }
  return { tally, broken };
}

/** How a seeded bug was found. */
export interface Catch {
  readonly bug: string;
  /** Absent if it was not found. */
  readonly caught?: BrokenWorld;
  /** Drops that it took. */
  readonly drops: number;
}

/** Looks for a seeded bug, in no more than so many drops. */
export async function hunt(mutant: Mutant, where: Pick<Run, 'seed' | 'from' | 'drops'>): Promise<Catch> {
  const { tally, broken } = await run(withBug(PRODUCT, mutant), where);
  return { bug: mutant.bug, caught: broken[0], drops: tally.drops };
}
