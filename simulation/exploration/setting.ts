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
  /** When the world begins, in milliseconds after a sweep. */
  readonly begins: number;
  /** One hint without proof comes in addition, at any moment. */
  readonly hint: boolean;
  readonly unknowns: Partial<Unknowns>;
}

const PLAIN: Omit<Setting, 'name'> = {
  drops: 1, speaks: 'proof', silent: true, duplicates: 0, mishaps: [], closes: false, hint: false, unknowns: {},
  begins: 6_000, // a token used within the tolerance after the opening looks unused, and that is known
};

const setting = (name: string, over: Partial<Setting>): Setting => ({ ...PLAIN, name, ...over });

const HINT: Partial<Setting> = { speaks: 'hint', silent: false };

/** The small ones: all of them together take about a minute, so every change is held against them. */
export const QUICK: readonly Setting[] = [
  setting('a silent drop with proof', {}),
  setting('a silent drop with proof, whose kick shows late', { unknowns: { kickShowsAfter: 3_000 } }),
  setting('a silent drop with proof, whose kick shows just before a sweep', { begins: 50_000, unknowns: { kickShowsAfter: 3_000 } }),
  setting('a drop with a hint', HINT),
  setting('two drops with a hint', { ...HINT, drops: 2 }),
  setting('a drop with a hint, one crash', { ...HINT, mishaps: ['crash'] }),
  setting('a drop with a hint, one call throttled or refused', { ...HINT, mishaps: ['throttle', 'refuse'] }),
  setting('a drop with a hint just before a sweep, one answer lost or late', { ...HINT, begins: 52_000, mishaps: ['lost answer', 'late landing'] }),
  setting('a drop with a hint, one call is repeated', { ...HINT, mishaps: ['repeat'] }),
  setting('a drop with a hint whose claim ends just before a sweep, one call hangs', { ...HINT, begins: 32_000, mishaps: ['hang'] }),
  setting('a drop with a hint, one stale read', { ...HINT, mishaps: ['stale read'] }),
  setting('a drop that nobody speaks of, one crash or call throttled', { speaks: 'not at all', silent: false, mishaps: ['crash', 'throttle'] }),
  setting('a drop with a hint, of a tunnel that ends at any moment', { ...HINT, closes: true }),
  setting('a tunnel with a token that ends at any moment, one crash', { drops: 0, closes: true, mishaps: ['crash'] }),
];

/** Those with a proof and something besides: minutes each, or hours. */
export const LARGE: readonly Setting[] = [
  setting('a silent drop with proof beside a hint', { hint: true }),
  setting('a drop with a hint, its message twice', { ...HINT, duplicates: 1 }),
  setting('a silent drop with proof, its message twice', { duplicates: 1 }),
  setting('a silent drop with proof, of a tunnel that ends at any moment', { closes: true }),
  setting('a drop with a hint, of a tunnel that ends at any moment, one crash', { ...HINT, closes: true, mishaps: ['crash'] }),
  ...(['crash', 'throttle', 'refuse', 'stale read', 'lost answer', 'late landing', 'hang', 'repeat'] as const).map((mishap) => (
    setting(`a silent drop with proof, one ${mishap}`, { mishaps: [mishap] }))),
  ...(['crash', 'throttle', 'stale read'] as const).flatMap((mishap) => [
    setting(`a drop with a hint, its message twice, one ${mishap}`, { ...HINT, duplicates: 1, mishaps: [mishap] }),
    setting(`two drops with a hint, one message twice, one ${mishap}`, { ...HINT, drops: 2, duplicates: 1, mishaps: [mishap] }),
    setting(`a silent drop with proof, its message twice, one ${mishap}`, { duplicates: 1, mishaps: [mishap] }),
  ]),
  setting('two silent drops with proof', { drops: 2 }),
  setting('three drops with a hint', { ...HINT, drops: 3 }),
];
