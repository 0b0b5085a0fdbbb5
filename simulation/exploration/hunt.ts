import { withBug } from '../mutants';
import type { Mutant } from '../mutant';
import { PRODUCT } from '../run';
import type { Fall } from './records';
import { explore, type Explored } from './search';
import type { Setting } from './setting';

/**
 * Looks for a seeded bug in these worlds, one after the other.
 *
 * @param mostStates gives each of them up after so many
 * @returns where it fell, with what happened there; or nothing
 */
export async function hunt(mutant: Mutant, settings: readonly Setting[], mostStates?: number): Promise<(Fall & Pick<Explored, 'story'>) | undefined> {
  for (const setting of settings) {
    const { violation, states, story } = await explore(setting, withBug(PRODUCT, mutant), mostStates);
    if (violation) return { bug: mutant.bug, world: setting.name, invariant: violation.invariant, states, story };
  }
  return undefined;
}
