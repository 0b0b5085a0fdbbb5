import type { SQSRecord } from 'aws-lambda';
import { OutOfTimeError } from '../domain/errors';

/** A signal that is begun with less left may be cut off: where each call takes seconds, one signal takes that long. */
const LEAST_TIME = 10_000;

/**
 * What failed most often comes first. A batch that takes too long is cut short at its end, and a signal that always stood there would become
 * a dead letter without ever having been looked at.
 */
export function neediestFirst(records: readonly SQSRecord[]): SQSRecord[] {
  const receives = ({ attributes }: SQSRecord) => Number(attributes.ApproximateReceiveCount);
  return [...records].sort((one, other) => receives(other) - receives(one));
}

/**
 * A function that is killed at its deadline takes along what it has done of its batch: all of it comes again, and to a new instance, which
 * is slower still. So it ends in time, and what was not begun is left to the next one.
 *
 * @throws OutOfTimeError
 */
export function beginOnlyIfItCanEnd(timeLeft: number): void {
  if (timeLeft < LEAST_TIME) throw new OutOfTimeError('signal');
}
