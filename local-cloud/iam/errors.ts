/** A policy says something that this evaluator does not know. It refuses rather than guesses. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}
