import { PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { CustomResource } from 'aws-cdk-lib';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import type { LocalCloud } from '../../local-cloud/cloud';
import type { Deployment } from '../../local-cloud/deploy/deployment';
import type { Queue } from '../../local-cloud/sqs/queue';
import { FAIR } from '../../local-cloud/weather/forecast';
import { signals, synthesize } from './stacks';
import { refusal, withCloud } from './support';

const running = withCloud();
const assembly = synthesize(signals);
/** The same, and at its end a resource whose function must answer. */
const slow = synthesize((stack) => {
  signals(stack);
  const last = new CustomResource(stack, 'Last', { serviceToken: (stack.node.findChild('Swept') as Function).functionArn });
  stack.node.children.filter((child) => child !== last).forEach((child) => last.node.addDependency(child));
}, 'Slow');
let cloud: LocalCloud;
let stack: Deployment;
beforeAll(async () => {
  cloud = running.cloud;
  stack = await cloud.deploy(assembly);
});

const queueNamed = (part: string): Queue => [...cloud.queues.values()].find(({ name }) => name.includes(part))!;
const putEvents = (...Entries: PutEventsRequestEntry[]) => running.clients.events.send(new PutEventsCommand({ Entries }));
const publish = (topic: string, payload = '{}') => running.clients.iot.send(new PublishCommand({ topic, payload: Buffer.from(payload) }));
const event = (fields = {}) => ({ Source: 'test', DetailType: 'Tunnel Disconnected', Detail: JSON.stringify({ id: 't-1' }), ...fields });

/** What one trigger sends to a queue. */
async function sentTo(queue: Queue, trigger: () => Promise<unknown>): Promise<unknown> {
  const sent = cloud.calls.next({ service: 'sqs', action: 'SendMessage' });
  await trigger();
  await sent;
  return JSON.parse(queue.history.at(-1) ?? 'null');
}

describe('EventBridge', () => {
  test('sends what matches to the queue, as the template changes it', async () => {
    expect(await sentTo(queueNamed('Inbox'), () => putEvents(event()))).toEqual({ id: 't-1', via: 'events' });
    expect(cloud.calls.find({ caller: 'events.amazonaws.com', action: 'SendMessage' }).at(-1)).toMatchObject({ status: 200, resources: [queueNamed('Inbox').arn] });
  });

  test('keeps everything that was put, and leaves alone what does not match', async () => {
    const before = queueNamed('Inbox').history.length;
    await putEvents(event({ DetailType: 'Something Else' }));
    expect(cloud.events.at(-1)).toMatchObject({ bus: 'default', event: { 'source': 'test', 'detail-type': 'Something Else', 'account': '123456789012', 'detail': { id: 't-1' } } });
    expect(queueNamed('Inbox').history).toHaveLength(before);
  });

  test('refuses entries one by one', async () => {
    const { FailedEntryCount, Entries } = await putEvents(
      event({ Detail: 'no JSON' }), event({ Source: 'aws.iot' }), event({ DetailType: undefined }), event({ DetailType: 'Fine' }));
    expect(FailedEntryCount).toBe(3);
    expect(Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual(['MalformedDetail', 'NotAuthorizedForSourceException', 'InvalidArgument', undefined]);
  });

  test('refuses more than ten at once', async () => {
    expect(await refusal(putEvents(...Array.from({ length: 11 }, () => event())))).toBe('ValidationException');
  });

  test('invokes a function on its schedule', async () => {
    const invoked = cloud.functions.next('Swept');
    await cloud.advance(60_000);
    await invoked;
    expect(cloud.events.at(-1)).toMatchObject({ event: { 'source': 'aws.events', 'detail-type': 'Scheduled Event' } });
    const again = cloud.functions.next('Swept');
    cloud.fireSchedule();
    await again;
  });
});

describe('IoT topic rules', () => {
  test('send what they select to the queue', async () => {
    expect(await sentTo(queueNamed('Inbox'), () => publish('things/t-2/gone'))).toEqual({ id: 't-2', via: 'mqtt' });
  });

  test('take Basic Ingest, with the topic after the rule\'s name', async () => {
    const rule = stack.physicalIds.Topic;
    expect(await sentTo(queueNamed('Inbox'), () => publish(`$aws/rules/${rule}/things/t-5/gone`))).toEqual({ id: 't-5', via: 'mqtt' });
  });

  test('see the topic as it was before it was encoded', async () => {
    expect(await sentTo(queueNamed('Inbox'), () => publish('things/a%2Bb=:c/gone'))).toEqual({ id: 'a%2Bb=:c', via: 'mqtt' });
  });

  test('leave other topics alone', async () => {
    const before = queueNamed('Inbox').history.length;
    await publish('things/t-3/back');
    await publish('things/t-3/deeper/gone');
    expect(queueNamed('Inbox').history).toHaveLength(before);
  });

  test('tell their error action what went wrong', async () => {
    const denied = cloud.calls.next({ service: 'sqs', action: 'SendMessage' });
    const sent = denied.then(() => cloud.calls.next({ service: 'sqs', action: 'SendMessage' }));
    await publish('broken/t-4/gone', '{"a":1}');
    expect(await denied).toMatchObject({ caller: 'iot.amazonaws.com', error: 'AccessDeniedException' });
    await sent;
    expect(JSON.parse(queueNamed('Inbox').history.at(-1)!)).toMatchObject({
      topic: 'broken/t-4/gone', clientId: 'N/A', base64OriginalPayload: Buffer.from('{"a":1}').toString('base64'),
      failures: [{ failedAction: 'SqsAction', errorMessage: expect.stringContaining('sqs:SendMessage') }],
    });
  });
});

test('a target whose service fails for a while gets its event all the same', async () => {
  await cloud.setWeather({ ...FAIR, calls: [{ on: 'sqs.SendMessage', errors: 1 }] });
  const before = queueNamed('Inbox').history.length;
  await putEvents(event());
  await publish('things/t-7/gone');
  await cloud.idle();
  expect(queueNamed('Inbox').history).toHaveLength(before);
  await cloud.setWeather(FAIR);
  await cloud.advance(1_000);
  await cloud.idle();
  expect(queueNamed('Inbox').history).toHaveLength(before + 2);
});

test('what AWS promises to deliver at least once may come twice', async () => {
  await cloud.setWeather({ ...FAIR, duplicates: 1 });
  const before = queueNamed('Inbox').history.length;
  await putEvents(event());
  await publish('things/t-6/gone');
  await cloud.idle();
  expect(queueNamed('Inbox').history.slice(before).map((body) => (JSON.parse(body) as { id: string }).id)).toEqual(['t-1', 't-1', 't-6', 't-6']);
  await cloud.setWeather(FAIR);
});

test.each([
  ['a wildcard in the topic', 'things/+/gone', '{}', 'InvalidRequestException'],
  ['a topic that is too long', 'x'.repeat(257), '{}', 'InvalidRequestException'],
  ['a topic of more than eight levels', 'a/b/c/d/e/f/g/h/i', '{}', 'InvalidRequestException'],
  ['a payload that is too long', 'x', 'x'.repeat(128 * 1024 + 1), 'InvalidRequestException'],
])('publishing with %s is refused', async (_, topic, payload, name) => {
  expect(await refusal(publish(topic, payload))).toBe(name);
});

test('GIVEN a stack that takes its time WHEN events, messages and schedules fall due meanwhile THEN nothing acts before all of it stands', async () => {
  const before = cloud.events.length;
  const denied = cloud.calls.denied.length;
  const held = cloud.calls.hold({ service: 'lambda', action: 'Invoke' }, 'before');
  const deploying = cloud.deploy(slow);
  await held.reached;
  await putEvents(event({ Detail: JSON.stringify({ id: 'early' }) }));
  await publish('slow/1/gone');
  await cloud.advance(120_000);
  held.fail(new Error('the function is gone'));
  await deploying.catch(() => undefined);

  const due = cloud.events.slice(before).filter(({ event: { resources } }) => resources.some((arn) => arn.includes('Slow')));
  expect(due).toEqual([]);
  expect(cloud.calls.denied.length).toBe(denied);
});
