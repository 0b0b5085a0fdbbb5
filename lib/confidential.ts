const HIDDEN = '[hidden]';

/**
 * Text that cannot be printed by accident: a token, or the proof that somebody held one. String conversion, JSON and inspection show
 * a placeholder; `reveal` is for the one place that hands it on.
 */
export class Confidential {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN;
  }
}
