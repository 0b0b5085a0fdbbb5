import { LIVENESS_MUTANTS } from './liveness-mutants';
import type { Mutant } from './mutant';
import { SAFETY_MUTANTS } from './safety-mutants';

export { withBug, type Mutant } from './mutant';

/** All of them, in the order of their numbers. */
export const MUTANTS: readonly Mutant[] = [...SAFETY_MUTANTS, ...LIVENESS_MUTANTS];
