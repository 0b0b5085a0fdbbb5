const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** The rule's schedule is of a kind that is not known here. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
}

/**
 * Period of `rate(5 minutes)` in milliseconds.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
 * @throws ScheduleError for cron expressions and anything else
 */
export function ratePeriod(expression: string): number {
  const match = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression);
  const count = Number(match?.[1]);
  // AWS refuses `rate(1 minutes)` and `rate(5 minute)` alike.
  if (!match || count < 1 || (count === 1) !== (match[3] === '')) {
    throw new ScheduleError(`schedule expression '${expression}' is not known here; known is rate(<value> minute|minutes|hour|hours|day|days)`);
  }
  return count * UNITS[match[2]];
}
