const REDACTED = '[access token]';

/**
 * A client access token that cannot be printed by accident: string conversion, JSON and inspection all show a placeholder.
 * `reveal` has exactly one caller in the functions, the adapter that writes the secret.
 */
export class AccessToken {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}
