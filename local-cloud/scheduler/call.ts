import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock';
import { assumeRole } from '../iam/authorize';
import type { Principal } from '../iam/principals';
import type { Roles } from '../iam/roles';
import type { Act } from '../parts';
import type { Place } from '../place';
import { growingPauses, retrying } from '../transient';
import type { Routed } from '../wire/wire';
import type { KnownSchedule, TargetCaller } from './service';

/** What the scheduler does unless the schedule says otherwise. https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html */
const RETRIES = 185;
const AGE = 24 * 60 * 60;

interface Destinations {
  readonly clock: Clock;
  readonly place: Place;
  readonly roles: Roles;
  readonly act: Act;
  readonly sqs: Routed['service'];
  readonly lambda: Routed['service'];
}

/** How a schedule reaches its target, and the queue of what failed: as its role, on behalf of its group. */
export function scheduledCalls({ clock, place, roles, act, sqs, lambda }: Destinations): TargetCaller {
  const asRole = ({ roleArn, groupArn }: KnownSchedule): Principal => assumeRole(roles.get(roleArn), 'scheduler.amazonaws.com', groupArn, clock.now());
  const send = (principal: Principal, queueArn: string, MessageBody: string, MessageAttributes = {}) =>
    act(principal, sqs, 'SendMessage', { QueueUrl: queueArn.replaceAll(':', '/'), MessageBody, MessageAttributes });

  const call = async (schedule: KnownSchedule, input: string): Promise<unknown> => {
    const principal = asRole(schedule);
    if (schedule.targetArn.split(':')[2] === 'sqs') return send(principal, schedule.targetArn, input);
    return act(principal, lambda, 'Invoke', { FunctionName: schedule.targetArn, InvocationType: 'Event', Payload: input });
  };

  return {
    mayTakeOn: asRole,
    call(schedule) {
      const scheduled = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
      const { input = JSON.stringify(eventOf(schedule.arn, place, scheduled)), retries = RETRIES, maximumAge = AGE, deadLetterArn } = schedule;
      let attempts = -1;
      void retrying(clock, growingPauses(retries, maximumAge * 1_000), () => {
        attempts++;
        return call(schedule, input);
      }).catch(async ({ code = 'InternalFailure', message = '' }: { code?: string; message?: string }) => {
        // The call log has it; there is nobody else to tell but the dead-letter queue, and that as the same role.
        if (!deadLetterArn) return;
        // https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
        await send(asRole(schedule), deadLetterArn, input, attributes({
          SCHEDULE_ARN: schedule.arn, TARGET_ARN: schedule.targetArn, SCHEDULED_TIME: scheduled, EXECUTION_ID: randomUUID(),
          ERROR_CODE: code, ERROR_MESSAGE: message, RETRY_ATTEMPTS: String(attempts), IS_PAYLOAD_TRUNCATED: 'false',
        }));
      }).catch(() => undefined);
    },
  };
}

/** What a target gets that was given no input. */
function eventOf(scheduleArn: string, { account, region }: Place, time: string): object {
  return {
    'version': '0', 'id': randomUUID(), 'detail-type': 'Scheduled Event', 'source': 'aws.scheduler', account, time, region,
    'resources': [scheduleArn], 'detail': '{}',
  };
}

const attributes = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]));
