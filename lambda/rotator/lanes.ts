import type { Outcome, Side } from '../domain/vocabulary';

/** One side on its way through the line: under way with what the last step handed on, or at its end, good or bad. */
export type Lane<T> = { readonly side: Side } & ({ readonly value: T } | { readonly outcome: Outcome } | { readonly failure: unknown });

/** What a step makes of a side: a value for the next step, or the side's outcome. */
export type Step<T> = { readonly value: T } | { readonly outcome: Outcome };

/** Takes every side that is under way a step further, beside each other: one side's failure is not the other's. */
export function advance<T, U>(lanes: readonly Lane<T>[], step: (side: Side, value: T) => Step<U> | Promise<Step<U>>): Promise<Lane<U>[]> {
  return Promise.all(lanes.map(async (lane): Promise<Lane<U>> => {
    if (!('value' in lane)) return lane;
    try {
      return { side: lane.side, ...await step(lane.side, lane.value) };
    } catch (failure) {
      return { side: lane.side, failure };
    }
  }));
}

/** The sides that are still under way. */
export function underWay<T>(lanes: readonly Lane<T>[]): { readonly side: Side; readonly value: T }[] {
  return lanes.flatMap((lane) => ('value' in lane ? [lane] : []));
}

/** One call for all sides: made when the first of them asks, and shared by the others. */
export function shared<A extends unknown[], T>(call: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  let answer: Promise<T> | undefined;
  return (...args) => answer ??= call(...args);
}
