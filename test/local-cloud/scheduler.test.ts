import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { Deployment } from '../../local-cloud/deploy/deployment';
import { AwsError } from '../../local-cloud/service';
import { byHand, handler, role } from './deploy/by-hand';
import { withCloud } from './support';

const running = withCloud();
const deploy = byHand(running);

const queue = { Type: 'AWS::SQS::Queue' };
const MAY = ['lambda:InvokeFunction', 'sqs:SendMessage'];
/** A role that only schedules of the group can take on, and that may do what is named. */
const schedulerRole = (actions: string[]) => role({ Effect: 'Allow', Action: actions, Resource: '*' }, 'scheduler.amazonaws.com', {
  ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': ['Group', 'Arn'] } }, StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
});
const group = { Type: 'AWS::Scheduler::ScheduleGroup' };
const schedule = (rest: object = {}, target: object = {}) => ({
  Type: 'AWS::Scheduler::Schedule',
  Properties: {
    GroupName: { Ref: 'Group' }, ScheduleExpression: 'rate(1 minute)', FlexibleTimeWindow: { Mode: 'OFF' }, ...rest,
    Target: { Arn: { 'Fn::GetAtt': ['Handler', 'Arn'] }, RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] }, ...target },
  },
});
const around = (actions = MAY) => ({
  Group: group, Role: schedulerRole(actions), Dead: queue,
  FunctionRole: role({ Effect: 'Allow', Action: 'logs:*', Resource: '*' }), Handler: handler(['FunctionRole', 'Arn']),
});

const invoked = () => running.cloud.functions.invocations.length;
let stack: Deployment | undefined;
afterEach(async () => {
  await stack?.destroy();
  stack = undefined;
});

async function pass(milliseconds: number): Promise<void> {
  await running.cloud.advance(milliseconds);
  await running.cloud.idle();
}

describe('a schedule', () => {
  test('calls its function as its role at its rate, the first time within a minute', async () => {
    stack = await deploy({ ...around(), Schedule: schedule({ ScheduleExpression: 'rate(5 minutes)' }) });
    const before = invoked();
    const inputs: unknown[] = [];
    const end = running.cloud.calls.intercept((call, proceed) => {
      inputs.push(call.input.Payload);
      return proceed();
    });
    await pass(60_000);
    expect(invoked()).toBe(before + 1);
    await pass(4 * 60_000);
    expect(invoked()).toBe(before + 1);
    await pass(60_000);
    expect(invoked()).toBe(before + 2);
    end();
    const { Group, Schedule, Role } = stack.physicalIds;
    expect(running.cloud.calls.find({ service: 'lambda', action: 'Invoke' }).at(-1)).toMatchObject({ role: Role, caller: 'scheduler.amazonaws.com', status: 200 });
    expect(inputs.at(-1)).toMatch(new RegExp(`"source":"aws.scheduler".*:schedule/${Group}/${Schedule}"`));
  });

  test('gives its input to a queue', async () => {
    stack = await deploy({ ...around(), Schedule: schedule({}, { Arn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, Input: 'as it is' }) });
    await pass(60_000);
    expect((await received(stack.physicalIds.Dead)).Body).toBe('as it is');
  });

  test('rests while it is disabled, and is called by whoever asks for it by name', async () => {
    stack = await deploy({ ...around(), Schedule: schedule({ Name: 'sweep', State: 'DISABLED' }) });
    const before = invoked();
    await pass(10 * 60_000);
    expect(invoked()).toBe(before);
    running.cloud.fireSchedule('sweep');
    await running.cloud.idle();
    expect(invoked()).toBe(before + 1);
  });

  test('is updated in place, and ends with its stack', async () => {
    stack = await deploy({ ...around(), Schedule: schedule() });
    const { physicalIds } = stack;
    stack = await deploy({ ...around(), Schedule: schedule({ ScheduleExpression: 'rate(1 hour)' }) });
    expect(stack.physicalIds).toEqual(physicalIds);
    await pass(60_000);
    const before = invoked();
    await pass(59 * 60_000);
    expect(invoked()).toBe(before);
    await pass(60_000);
    expect(invoked()).toBe(before + 1);

    await stack.destroy();
    await pass(3_600_000);
    expect(invoked()).toBe(before + 1);
    expect(() => running.cloud.fireSchedule()).toThrow('there is no schedule');
  });

  test('is as it was when an update failed, and its group was to be another', async () => {
    stack = await deploy({ ...around(), Schedule: schedule() });
    const Group = { ...group, Properties: { Name: 'another' } };
    await expect(deploy({ ...around(), Group, Schedule: schedule(), Odd: { Type: 'AWS::S3::Bucket', DependsOn: 'Schedule' } })).rejects.toThrow('AWS::S3::Bucket');
    const before = invoked();
    await pass(60_000);
    expect(invoked()).toBe(before + 1);
  });

  test('is not kept before all of its stack stands', async () => {
    const held = running.cloud.calls.hold({ service: 'lambda', action: 'Invoke' }, 'before');
    const before = invoked();
    const deploying = deploy({
      ...around(), Schedule: schedule(),
      Last: { Type: 'Custom::Slow', DependsOn: 'Schedule', Properties: { ServiceToken: { 'Fn::GetAtt': ['Handler', 'Arn'] } } },
    });
    await held.reached;
    await running.cloud.advance(120_000);
    held.fail(new Error('the function is gone'));
    await deploying.catch(() => undefined);
    expect(invoked()).toBe(before);
  });
});

describe('a schedule that cannot reach its target', () => {
  const RetryPolicy = { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 };
  const DeadLetterConfig = { Arn: { 'Fn::GetAtt': ['Dead', 'Arn'] } };

  test('tells its dead-letter queue at once what is forbidden, as its role', async () => {
    stack = await deploy({ ...around(['sqs:SendMessage']), Schedule: schedule({}, { DeadLetterConfig, Input: '{"a":1}' }) });
    await pass(60_000);
    const { Body, MessageAttributes = {} } = await received(stack.physicalIds.Dead);
    expect(Body).toBe('{"a":1}');
    expect(Object.fromEntries(Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]))).toMatchObject({
      SCHEDULE_ARN: expect.stringMatching(/^arn:aws:scheduler:eu-west-1:123456789012:schedule\/Hand-Group-\w+\/Hand-Schedule-\w+$/),
      TARGET_ARN: expect.stringContaining('Hand-Handler'),
      ERROR_CODE: 'AccessDeniedException', ERROR_MESSAGE: expect.stringContaining('lambda:InvokeFunction'), RETRY_ATTEMPTS: '0',
    });
  });

  test('tries again while its service fails, as often as it may, then tells the queue', async () => {
    const fails = failingInvokes();
    stack = await deploy({ ...around(), Schedule: schedule({ ScheduleExpression: 'rate(1 hour)' }, { DeadLetterConfig, RetryPolicy }) });
    await pass(60_000);
    await pass(1_000);
    await pass(2_000);
    fails.end();
    expect(fails.calls).toBe(3);
    expect((await received(stack.physicalIds.Dead)).MessageAttributes).toMatchObject({ RETRY_ATTEMPTS: { StringValue: '2' } });
  });

  test('tries no longer than it may', async () => {
    const fails = failingInvokes();
    const policy = { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 60 };
    stack = await deploy({ ...around(), Schedule: schedule({ ScheduleExpression: 'rate(1 day)' }, { DeadLetterConfig, RetryPolicy: policy }) });
    for (let second = 0; second < 130; second++) await pass(1_000);
    fails.end();
    expect(fails.calls).toBe(6); // at 0, 1, 3, 7, 15 and 31 seconds; the next would come after 63
    expect((await received(stack.physicalIds.Dead)).MessageAttributes).toMatchObject({ RETRY_ATTEMPTS: { StringValue: '5' } });
  });

  test('has nobody to tell if its role may not', async () => {
    stack = await deploy({ ...around(['lambda:GetFunction']), Schedule: schedule({}, { DeadLetterConfig }) });
    await pass(60_000);
    expect(running.cloud.calls.denied.slice(-2)).toMatchObject([{ action: 'Invoke' }, { action: 'SendMessage' }]);
  });

  function failingInvokes() {
    const fails = { calls: 0, end: () => undefined as unknown };
    fails.end = running.cloud.calls.intercept(async (call, proceed) => {
      if (call.action !== 'Invoke') return proceed();
      fails.calls += 1;
      throw new AwsError('ServiceException', 'a bad day', 500);
    });
    return fails;
  }
});

async function received(QueueUrl: string) {
  const { Messages } = await running.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'] }));
  return Messages![0];
}

const ROLE = 'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.';
const elsewhere = { ...around(), Role: role({ Effect: 'Allow', Action: MAY, Resource: '*' }, 'scheduler.amazonaws.com', { ArnEquals: { 'aws:SourceArn': 'arn:aws:scheduler:eu-west-1:123456789012:schedule-group/other' } }) };
const ofSchedule = { ...around(), Role: role({ Effect: 'Allow', Action: MAY, Resource: '*' }, 'scheduler.amazonaws.com', { ArnLike: { 'aws:SourceArn': 'arn:aws:scheduler:*:*:schedule/*' } }) };

test.each([
  ['a role for another service', { ...around(), Role: role({ Effect: 'Allow', Action: '*', Resource: '*' }, 'events.amazonaws.com'), Schedule: schedule() }, ROLE],
  ['a role for another group', { ...elsewhere, Schedule: schedule() }, ROLE],
  ['a role for one schedule, which a trust policy cannot know', { ...ofSchedule, Schedule: schedule() }, ROLE],
  ['a group that is not there', { ...around(), Schedule: schedule({ GroupName: 'nowhere' }) }, 'Schedule group nowhere does not exist.'],
  ['a cron expression', { ...around(), Schedule: schedule({ ScheduleExpression: 'cron(0 12 * * ? *)' }) }, 'cron(0 12 * * ? *)'],
  ['a rate in seconds', { ...around(), Schedule: schedule({ ScheduleExpression: 'rate(30 seconds)' }) }, 'rate(30 seconds)'],
  ['a flexible window', { ...around(), Schedule: schedule({ FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }) }, "'FLEXIBLE'"],
  ['a start', { ...around(), Schedule: schedule({ StartDate: '2026-01-01T00:00:00Z' }) }, "'StartDate'"],
  ['parameters of another target', { ...around(), Schedule: schedule({}, { EcsParameters: {} }) }, "'EcsParameters'"],
  ['another target', { ...around(), Schedule: schedule({}, { Arn: 'arn:aws:scheduler:::aws-sdk:sqs:purgeQueue' }) }, 'aws-sdk:sqs:purgeQueue'],
])('a schedule with %s is refused', async (_, resources, name) => {
  await expect(deploy(resources)).rejects.toThrow(name);
});
