import type { Unknowns } from '../conditions';
import type { Traits } from '../sources';

/** What may go wrong with one call; at most one thing does in a small world. */
export type Mishap =
  | 'crash' // the invocation dies before the call, or after it took effect
  | 'throttle' // refused for now, without effect
  | 'refuse' // refused, and nothing that another try would change
  | 'lost answer' // it took effect, and nobody hears of it
  | 'late landing' // its caller gave it up, and it lands later, at any moment
  | 'hang' // until the invocation is killed at its deadline; it lands at any moment until a little later
  | 'repeat' // the SDK sends it once more, and the second one lands later, at any moment
  | 'stale read'; // DescribeTunnel says what was true before the last change

/** A world so small that everything that can happen in it can be gone through. */
export interface Setting {
  readonly name: string;
  readonly drops: number;
  readonly speaks: Traits['speaks'];
  /** Without a FIN, so that DescribeTunnel goes on saying CONNECTED for two minutes; otherwise it shows after a second. */
  readonly silent: boolean;
  /** How many messages come twice: the second one at any later moment. */
  readonly duplicates: number;
  /** One of these happens, to any one call. */
  readonly mishaps: readonly Mishap[];
  /** The tunnel ends, at any moment. */
  readonly closes: boolean;
  /** One hint without proof comes in addition, at any moment. */
  readonly hint: boolean;
  readonly unknowns: Partial<Unknowns>;
}

const PLAIN: Omit<Setting, 'name'> = {
  drops: 1, speaks: 'proof', silent: true, duplicates: 0, mishaps: [], closes: false, hint: false, unknowns: {},
};

const setting = (name: string, over: Partial<Setting>): Setting => ({ ...PLAIN, name, ...over });

/** The small ones. Those with a proof and a mishap take many minutes each. */
export const QUICK: readonly Setting[] = [
  setting('a silent drop with proof', {}),
  setting('a drop with a hint', { speaks: 'hint', silent: false }),
  setting('a silent drop with proof beside a hint', { hint: true }),
  setting('a silent drop with proof, one crash', { mishaps: ['crash'] }),
  setting('a drop with a hint, one crash', { speaks: 'hint', silent: false, mishaps: ['crash'] }),
  setting('a drop with a hint, one call throttled or refused', { speaks: 'hint', silent: false, mishaps: ['throttle', 'refuse'] }),
  setting('a silent drop with proof, one answer lost or late', { mishaps: ['lost answer', 'late landing'] }),
  setting('a silent drop with proof, one call hangs or is repeated', { mishaps: ['hang', 'repeat'] }),
  setting('a drop that nobody speaks of, one crash or call throttled', { speaks: 'not at all', silent: false, mishaps: ['crash', 'throttle'] }),
  setting('two drops with a hint', { drops: 2, speaks: 'hint', silent: false }),
  setting('a tunnel that ends at any moment', { closes: true }),
];

/** Hours, perhaps. */
export const LARGE: readonly Setting[] = [
  setting('three silent drops with proof, one message twice', { drops: 3, duplicates: 1 }),
  setting('three drops with a hint, one message twice', { drops: 3, speaks: 'hint', silent: false, duplicates: 1 }),
  ...(['crash', 'throttle', 'refuse', 'lost answer', 'late landing', 'hang', 'repeat'] as const).flatMap((mishap) => [
    setting(`two silent drops with proof beside a hint, one message twice, one ${mishap}`, { drops: 2, duplicates: 1, hint: true, mishaps: [mishap] }),
    setting(`two drops with a hint, one message twice, one ${mishap}`, { drops: 2, speaks: 'hint', silent: false, duplicates: 1, mishaps: [mishap] }),
  ]),
];
