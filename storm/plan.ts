import { Dice } from '../local-cloud/weather/dice';

/** How the rotator may come to know of a drop. */
export const WAYS = ['proof', 'hint', 'sweep'] as const;
export type Way = typeof WAYS[number];

export type Cut = 'reset' | 'silent';

/** What befalls one source, by lot: the same for the same seed. */
export class Lot {
  readonly way: Way;
  private readonly dice: Dice;

  constructor(seed: number, index: number) {
    this.dice = new Dice(seed * 1_000 + index);
    this.way = WAYS[index % 4 === 3 ? 2 : index % 4 === 2 ? 1 : 0]; // half of them know their proof
  }

  /** How long it stays connected: longer than the time within which a drop can't be told from a token never used. */
  connectionLasts(longest: number): number {
    return Math.min(this.dice.between(15_000, 60_000), this.dice.between(longest / 10, longest / 2));
  }

  cut(): Cut {
    return this.dice.says(this.way === 'proof' ? 0.5 : 0.2) ? 'silent' : 'reset';
  }
}
