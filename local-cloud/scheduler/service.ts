import type { Clock } from '../clock';
import { ratePeriod } from '../eventbridge/schedule';
import type { Place } from '../place';

/** Every schedule that names no other group is in this one. */
const DEFAULT_GROUP = 'default';

/** The scheduler calls its targets within a minute of the time, so also for the first time: a rate without a start begins at once. */
const PRECISION = 60_000;

/** The schedule cannot be as it is asked for. In AWS's words. */
export class SchedulerError extends Error {
  override readonly name = 'SchedulerError';
}

export interface Schedule {
  readonly name: string;
  /** @default 'default' */
  readonly group?: string;
  /** For example `rate(5 minutes)`. */
  readonly expression: string;
  readonly enabled: boolean;
  /** Of a function or a queue. */
  readonly targetArn: string;
  /** The role as which the target is called, and the dead-letter queue. */
  readonly roleArn: string;
  /** What the target gets. @default an event that tells of the schedule */
  readonly input?: string;
  readonly deadLetterArn?: string;
  /** How often a call is tried again when the target's service fails. @default 185 */
  readonly retries?: number;
  /** Seconds after which a call is not tried again. @default a day */
  readonly maximumAge?: number;
}

export interface KnownSchedule extends Schedule {
  readonly arn: string;
  readonly groupArn: string;
}

export interface TargetCaller {
  /** @throws AwsError, PolicyError if the role does not let the scheduler take it on for this group */
  mayTakeOn(schedule: KnownSchedule): unknown;
  call(schedule: KnownSchedule): void;
}

export interface Scheduler {
  /** @returns its ARN */
  addGroup(name: string): string;
  /** With all that is in it. */
  removeGroup(name: string): void;
  /** A schedule that does nothing yet; one of the same name gives way. @returns its ARN @throws SchedulerError, ScheduleError */
  add(schedule: Schedule): string;
  /** From now on it is kept. */
  begin(name: string): void;
  remove(name: string): void;
  /** Calls the target now; without a name, that of each. @returns the names of those that were there */
  fire(name?: string): string[];
  close(): void;
}

export interface SchedulerOptions {
  readonly clock: Clock;
  readonly place: Place;
  readonly targets: TargetCaller;
  /** Milliseconds; takes the place of every schedule's own rate. */
  readonly schedulePeriod?: number;
}

/** Amazon EventBridge Scheduler, as far as templates use it. https://docs.aws.amazon.com/scheduler/latest/UserGuide/ */
export function createScheduler({ clock, place, targets, schedulePeriod }: SchedulerOptions): Scheduler {
  const groups = new Set([DEFAULT_GROUP]);
  const schedules = new Map<string, KnownSchedule>();
  /** What ends the wait for the next time, of those that have begun. */
  const begun = new Map<string, () => void>();
  const groupArn = (group: string) => place.arn('scheduler', `schedule-group/${group}`);

  const arm = (name: string, wait: number, period: number): void => {
    begun.set(name, clock.after(wait, () => {
      arm(name, period, period);
      const schedule = schedules.get(name);
      if (schedule) targets.call(schedule);
    }));
  };

  const end = (name: string): void => {
    begun.get(name)?.();
    begun.delete(name);
    schedules.delete(name);
  };

  return {
    addGroup(name) {
      groups.add(name);
      return groupArn(name);
    },
    removeGroup(name) {
      for (const schedule of [...schedules.values()].filter(({ group }) => group === name)) end(schedule.name);
      groups.delete(name);
    },
    add(settings) {
      const { name, group = DEFAULT_GROUP } = settings;
      const schedule = { ...settings, arn: place.arn('scheduler', `schedule/${group}/${name}`), groupArn: groupArn(group) };
      ratePeriod(schedule.expression); // throws
      if (!groups.has(group)) throw new SchedulerError(`Schedule group ${group} does not exist.`);
      try {
        targets.mayTakeOn(schedule);
      } catch (cause) {
        throw new SchedulerError('The execution role you provide must allow AWS EventBridge Scheduler to assume the role.', { cause });
      }
      end(name);
      schedules.set(name, schedule);
      return schedule.arn;
    },
    begin(name) {
      const schedule = schedules.get(name);
      if (!schedule || begun.has(name)) return;
      begun.set(name, () => undefined);
      if (!schedule.enabled) return;
      const period = schedulePeriod ?? ratePeriod(schedule.expression);
      arm(name, Math.min(period, PRECISION), period);
    },
    remove: end,
    fire(name) {
      const due = [...schedules.values()].filter((schedule) => begun.has(schedule.name) && (name === undefined || schedule.name === name));
      due.forEach(targets.call);
      return due.map((schedule) => schedule.name);
    },
    close() {
      for (const cancel of begun.values()) cancel();
      begun.clear();
    },
  };
}
