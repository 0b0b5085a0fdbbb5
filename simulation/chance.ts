/**
 * Seeded randomness. Every decision draws from a stream of its own, keyed by what the decision is about, so that leaving one
 * fault or one tunnel out of a world changes nothing else in it: that is what lets a story be shortened.
 */
export class Chance {
  #state: number;

  constructor(private readonly origin: number) {
    this.#state = origin;
  }

  /** The stream of one decision. Two calls with the same key begin at the same place. */
  of(...key: readonly number[]): Chance {
    let hash = this.origin;
    for (const part of key) hash = mix(hash, part);
    return new Chance(hash);
  }

  /** From 0 (inclusive) to 1 (exclusive); Mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  happens(probability: number): boolean {
    return this.next() < probability;
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** An integer from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  /** Waiting times of things that happen at any moment alike. */
  around(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }
}

/** A number to draw by, from a name. */
export function keyOf(name: string): number {
  let hash = 0;
  for (let index = 0; index < name.length; index++) hash = mix(hash, name.charCodeAt(index));
  return hash;
}

/** The seed of the world with this number in a run. */
export const worldSeed = (seed: number, world: number): number => mix(mix(0x5eed, seed), world);

function mix(hash: number, part: number): number {
  let bits = Math.imul((hash ^ (part + 0x9e3779b9)) | 0, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
