/** The world around a command. */
export interface Console {
  out(line: string): void;
  err(line: string): void;
  /** Resolves when somebody wants the command to end. */
  interrupted: Promise<unknown>;
  /** Asks whoever sits there; nobody does if it is absent. */
  ask?(question: string): Promise<string>;
}
