import type { Chance } from './chance';
import type { Conditions } from './conditions';
import type { Invariant } from './invariants';
import type { Scheduler } from './scheduler';
import type { Tell } from './story';
import type { Tally } from './tally';
import type { Tunnel } from './tunneling';

/** What all parts of a world share. What else a part needs it says itself, and the world, which alone knows all parts, has it. */
export interface Stage {
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly conditions: Conditions;
  readonly tally: Tally;
  /** Present only if somebody will read the story. */
  readonly tell: Tell | undefined;
  /** No fault ever strikes here. */
  readonly isCalm: boolean;
  /** Faults and drops have stopped. */
  readonly isQuiet: boolean;
  /** Nothing new is to be begun. */
  readonly isOver: boolean;
  violate(invariant: Invariant, tunnel: Tunnel | undefined, words: string): void;
}
