import type { Behaviour } from '../tunneling/behaviour';
import type { Lab } from './lab';
import type { Subject } from './subject';

/** How much an answer can be relied on. */
export type Certainty =
  /** It was seen, and nothing else explains it. */
  | 'seen'
  /** It was seen, but once, or something else may explain it. */
  | 'likely'
  /** It was not, or could not be, asked. */
  | 'open';

export interface Answer {
  /** In a few words. */
  readonly answer: string;
  /** What was seen, without ids or tokens. */
  readonly evidence: string;
  readonly certainty: Certainty;
  /** What the local cloud has to be switched to, to do the same. */
  readonly behaviour: Partial<Behaviour>;
}

/** One thing that AWS's documentation leaves open. */
export interface Question {
  readonly id: string;
  readonly question: string;
  /** Uses one tunnel in turn with the others, in the order of the list. */
  ask(lab: Lab, subject: Subject): Promise<Answer>;
}

export const open = (why: string): Answer => ({ answer: 'not asked', evidence: why, certainty: 'open', behaviour: {} });

export const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(milliseconds < 10_000 ? 2 : 0)} s`;
