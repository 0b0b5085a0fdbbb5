/** Pauses that grow from `first` by `factor` up to `longest`, all in milliseconds. */
export interface Growth {
  readonly first: number;
  readonly factor: number;
  readonly longest: number;
}

/**
 * The pause after the `attempt`-th try, counted from 0: grown, then shortened at random by up to a fifth, so that many
 * connectors that lost the same network do not come back in step.
 */
export function pause({ first, factor, longest }: Growth, attempt: number, random: () => number): number {
  return Math.min(longest, first * factor ** attempt) * (1 - random() / 5);
}

/** Until so long after the beginning, once every so often; milliseconds. */
export interface Stretch {
  readonly until: number;
  readonly every: number;
}

/** How long to wait after something that began so long ago; the last stretch has no end. */
export function interval(rhythm: readonly Stretch[], elapsed: number): number {
  return (rhythm.find(({ until }) => elapsed < until) ?? rhythm.at(-1)!).every;
}

/** The patience of a session. Milliseconds throughout. */
export interface Policy {
  /** Looks at the secret while a fresh token is awaited, from the first signal on. */
  readonly poll: readonly Stretch[];
  /** Between signals while no answer comes. */
  readonly askAgain: Growth;
  /** Between tries of a call to AWS that does not answer. */
  readonly retry: Growth;
  /** Between starts of a child that fails. */
  readonly restart: Growth;
  /** A child that fails so many times in a row ends the session. */
  readonly maxFailures: number;
  /** A child that is not connected after so long is asked what it complains of. */
  readonly connecting: number;
  /** A connection that lasted so long was a good one, however it ended. */
  readonly stable: number;
  /** Between looks at the tunnel while the child runs. */
  readonly watch: Growth;
  /** Pauses before each look whether somebody else has the tunnel; connected at the last one, it counts as in use. */
  readonly inUseLooks: readonly number[];
}

export const DEFAULT_POLICY: Policy = {
  // Most tokens come within two seconds, nearly all within a minute: 170 looks by then, for 0.00085 dollars at 0.05 for 10,000.
  poll: [{ until: 2_000, every: 80 }, { until: 60_000, every: 400 }, { until: Infinity, every: 15_000 }],
  askAgain: { first: 5_000, factor: 2, longest: 60_000 },
  retry: { first: 500, factor: 2, longest: 30_000 },
  restart: { first: 1_000, factor: 2, longest: 60_000 },
  maxFailures: 5,
  connecting: 10_000,
  stable: 10_000,
  watch: { first: 2_000, factor: 2, longest: 30_000 },
  inUseLooks: [2_000, 4_000, 8_000],
};
