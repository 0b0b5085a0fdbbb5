import type { Call } from './switchboard';

/** Something that can happen next. */
export interface Choice {
  readonly words: string;
  /** The call that is simply answered: such choices may be independent of each other, all others are not. */
  readonly call?: Call;
  happen(): Promise<void> | void;
}
