import { CreateQueueCommand, GetQueueUrlCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ConnectionLost } from '../../local-cloud/calls';
import { startLocalCloud } from '../../local-cloud/cloud';
import { AwsError } from '../../local-cloud/service';
import { clientsOf, refusal, withCloud } from './support';

const running = withCloud();
const list = () => running.clients.sqs.send(new ListQueuesCommand({}));
const create = (QueueName: string) => running.clients.sqs.send(new CreateQueueCommand({ QueueName }));
const exists = (QueueName: string) => running.clients.sqs.send(new GetQueueUrlCommand({ QueueName })).then(() => true, () => false);

describe('the call log', () => {
  test('tells who did what, and how it ended', async () => {
    await list();
    await refusal(running.clients.sqs.send(new GetQueueUrlCommand({ QueueName: 'nowhere' })));
    expect(running.cloud.calls.records.slice(-2)).toMatchObject([
      { service: 'sqs', action: 'ListQueues', caller: 'user', status: 200, duration: expect.any(Number) },
      { service: 'sqs', action: 'GetQueueUrl', caller: 'user', status: 400, error: 'QueueDoesNotExist', resources: ['arn:aws:sqs:eu-west-1:123456789012:nowhere'] },
    ]);
  });
});

describe('an interceptor', () => {
  test('may run before and after the action', async () => {
    const seen: string[] = [];
    const remove = running.cloud.calls.intercept(async (call, proceed) => {
      if (call.action !== 'CreateQueue') return proceed();
      seen.push(`before CreateQueue ${await exists('between')}`);
      const result = await proceed();
      seen.push(`after CreateQueue ${await exists('between')}`);
      return result;
    });
    await create('between');
    remove();
    expect(seen).toEqual(['before CreateQueue false', 'after CreateQueue true']);
  });

  test('may answer with an error instead', async () => {
    const remove = running.cloud.calls.intercept(() => { throw new AwsError('ThrottlingException', 'Rate exceeded'); });
    expect(await refusal(list())).toBe('ThrottlingException');
    remove();
    expect(await refusal(list())).toBe('no error');
  });

  test('may cut the connection, before or after the action', async () => {
    const remove = running.cloud.calls.intercept(async (_, proceed) => {
      await proceed();
      throw new ConnectionLost();
    });
    expect(await refusal(create('cut'))).not.toBe('no error');
    remove();
    expect(await exists('cut')).toBe(true);
    expect(running.cloud.calls.find({ action: 'CreateQueue' }).at(-1)).toMatchObject({ status: 0, error: 'ConnectionLost' });
  });
});

describe('a barrier', () => {
  test('holds a call before it has an effect', async () => {
    const held = running.cloud.calls.hold({ action: 'CreateQueue' }, 'before');
    const created = create('held');
    expect(await held.reached).toMatchObject({ action: 'CreateQueue', caller: 'user' });
    expect(await exists('held')).toBe(false);
    held.release();
    await created;
    expect(await exists('held')).toBe(true);
  });

  test('holds a call after it had its effect', async () => {
    const held = running.cloud.calls.hold({ action: 'CreateQueue' }, 'after');
    const created = create('held-after');
    await held.reached;
    expect(await exists('held-after')).toBe(true);
    held.release();
    await created;
  });

  test('may let the call fail, and holds one call only', async () => {
    const held = running.cloud.calls.hold({ action: 'ListQueues' }, 'before');
    const failing = refusal(list());
    await held.reached;
    held.fail(new AwsError('InternalFailure', 'as told', 500));
    expect(await failing).toBe('InternalFailure');
    expect(await refusal(list())).toBe('no error');
  });
});

describe('what is not here is said by name', () => {
  const request = (headers: Record<string, string>, body = '{}') => fetch(running.cloud.endpoint, {
    method: 'POST', body, headers: { authorization: 'AWS4-HMAC-SHA256 Credential=LOCALUSER/20260101/eu-west-1/x/aws4_request', ...headers },
  });

  test.each([
    ['an action', { 'x-amz-target': 'AmazonSQS.StartMessageMoveTask' }, 'UnknownOperationException', ['sqs', 'StartMessageMoveTask', 'SendMessage']],
    ['an inherited name', { 'x-amz-target': 'AmazonSQS.constructor' }, 'UnknownOperationException', ['constructor']],
    ['a service', { 'x-amz-target': 'AWSKMS_2014.Encrypt' }, 'UnknownOperationException', ['AWSKMS_2014.Encrypt']],
    ['a path', {}, 'UnknownOperationException', ['POST /']],
    ['credentials', { 'x-amz-target': 'AmazonSQS.ListQueues', 'authorization': 'none' }, 'MissingAuthenticationTokenException', ['Missing']],
  ])('%s', async (_, headers, code, names) => {
    const response = await request(headers as unknown as Record<string, string>);
    const error = await response.json() as { __type: string; message: string };
    expect(error.__type).toBe(code);
    for (const name of names) expect(error.message).toContain(name);
  });

  test.each([['no JSON', 'nonsense'], ['no object', '[]'], ['a wrong type', '{"QueueName":5}']])('a body with %s is refused', async (_, body) => {
    const response = await request({ 'x-amz-target': 'AmazonSQS.CreateQueue' }, body);
    expect(await response.json()).toMatchObject({ __type: 'SerializationException' });
  });
});

test('STS tells who one is', async () => {
  const response = await fetch(running.cloud.endpoint, {
    method: 'POST', body: 'Action=GetCallerIdentity&Version=2011-06-15',
    headers: { 'authorization': 'AWS4-HMAC-SHA256 Credential=SOMEBODY/20260101/eu-west-1/sts/aws4_request', 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
  });
  expect(await response.text()).toContain('<Arn>arn:aws:iam::123456789012:user/SOMEBODY</Arn>');
});

test('a cloud that is closed leaves nothing behind', async () => {
  const cloud = await startLocalCloud();
  const clients = clientsOf(cloud);
  await clients.sqs.send(new ListQueuesCommand({}));
  await cloud.close();
  const late = new SQSClient({ endpoint: cloud.endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 1 });
  expect(await refusal(late.send(new ListQueuesCommand({})))).not.toBe('no error');
});
