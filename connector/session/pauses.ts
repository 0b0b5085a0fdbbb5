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

/** The patience of a session. Milliseconds throughout. */
export interface Policy {
  /** Between looks at the secret while a fresh token is awaited; begins anew with each signal. */
  readonly poll: Growth;
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
  poll: { first: 200, factor: 1.4, longest: 5_000 },
  askAgain: { first: 5_000, factor: 2, longest: 60_000 },
  retry: { first: 500, factor: 2, longest: 30_000 },
  restart: { first: 1_000, factor: 2, longest: 60_000 },
  maxFailures: 5,
  connecting: 10_000,
  stable: 10_000,
  watch: { first: 2_000, factor: 2, longest: 30_000 },
  inUseLooks: [2_000, 4_000, 8_000],
};
