import { request, type IncomingHttpHeaders } from 'node:http';
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
  const ask = (headers: Record<string, string>, body = '{}') => fetch(running.cloud.endpoint, {
    method: 'POST', body, headers: { authorization: 'AWS4-HMAC-SHA256 Credential=LOCALUSER/20260101/eu-west-1/x/aws4_request', ...headers },
  });

  test.each([
    ['an action', { 'x-amz-target': 'AmazonSQS.AddPermission' }, 'UnknownOperationException', ['sqs', 'AddPermission', 'SendMessage']],
    ['an inherited name', { 'x-amz-target': 'AmazonSQS.constructor' }, 'UnknownOperationException', ['constructor']],
    ['a service', { 'x-amz-target': 'AWSKMS_2014.Encrypt' }, 'UnknownOperationException', ['AWSKMS_2014.Encrypt']],
    ['a path', {}, 'UnknownOperationException', ['POST /']],
    ['credentials', { 'x-amz-target': 'AmazonSQS.ListQueues', 'authorization': 'none' }, 'MissingAuthenticationTokenException', ['Missing']],
  ])('%s', async (_, headers, code, names) => {
    const response = await ask(headers as unknown as Record<string, string>);
    const error = await response.json() as { __type: string; message: string };
    expect(error.__type).toBe(code);
    for (const name of names) expect(error.message).toContain(name);
  });

  test.each([['no JSON', 'nonsense'], ['no object', '[]'], ['a wrong type', '{"QueueName":5}']])('a body with %s is refused', async (_, body) => {
    const response = await ask({ 'x-amz-target': 'AmazonSQS.CreateQueue' }, body);
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

describe('who may speak', () => {
  const ask = (headers: Record<string, string>, path = '/', method = 'POST') => new Promise<{ status?: number; body: string; headers: IncomingHttpHeaders }>((resolve, reject) => {
    const { port } = new URL(running.cloud.endpoint);
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers: { authorization: AUTHORIZATION, 'x-amz-target': 'AmazonSQS.ListQueues', ...headers } }, (response) => {
      let body = '';
      response.on('data', (chunk) => { body += chunk; }).on('end', () => resolve({ status: response.statusCode, body, headers: response.headers }));
    });
    outgoing.on('error', reject).end(method === 'POST' ? '{}' : undefined);
  });
  const AUTHORIZATION = 'AWS4-HMAC-SHA256 Credential=LOCALUSER/20260101/eu-west-1/sqs/aws4_request';

  test.each(['evil.example', 'evil.example:4566', '127.0.0.1.evil.example', 'localhost.evil.example'])('a request that comes as "%s" is refused, on every route', async (host) => {
    for (const path of ['/', '/_local', '/topics/a', '/things/a']) expect((await ask({ host }, path)).status).toBe(403);
  });

  test.each(['127.0.0.1', 'localhost:4566', '[::1]:4566', 'LOCALHOST', 'bucket.localhost'])('a request that comes as %s is answered', async (host) => {
    expect((await ask({ host })).status).toBe(200);
  });

  test('a name that was allowed is answered', async () => {
    const cloud = await startLocalCloud({ allowedHosts: ['Cloud'] });
    const named = await new Promise<number | undefined>((resolve, reject) => {
      request({ host: '127.0.0.1', port: new URL(cloud.endpoint).port, path: '/_local', headers: { host: 'cloud:4566' } }, (response) => resolve(response.statusCode)).on('error', reject).end();
    });
    await cloud.close();
    expect(named).toBe(200);
  });

  test('web pages are refused, and never told that they may read', async () => {
    const answers = [await ask({ origin: 'http://localhost:3000' }), await ask({ 'origin': 'http://a.example', 'access-control-request-method': 'POST' }, '/', 'OPTIONS')];
    for (const { status, headers } of answers) {
      expect(status).toBe(403);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  test('a tunnel under another name is refused before its token is looked at', async () => {
    const { port } = new URL(running.cloud.endpoint);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request({
        host: '127.0.0.1', port, path: '/tunnel?local-proxy-mode=source',
        headers: { 'host': 'evil.example', 'connection': 'Upgrade', 'upgrade': 'websocket', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==', 'sec-websocket-version': '13' },
      }, (response) => resolve(response.statusCode)).on('error', reject).end();
    });
    expect(status).toBe(403);
  });
});

test('S3 is refused in its own words', async () => {
  const response = await fetch(`${running.cloud.endpoint}/bucket/key`, { headers: { authorization: 'AWS4-HMAC-SHA256 Credential=LOCALUSER/20260101/eu-west-1/s3/aws4_request' } });
  expect(response.status).toBe(501);
  expect(await response.text()).toMatch(/<Error><Code>NotImplemented<\/Code><Message>The local cloud has no S3/);
});

test('things are created, described and deleted', async () => {
  const thing = async (method: string, body?: object) => {
    const response = await fetch(`${running.cloud.endpoint}/things/pump-7`, {
      method, body: body && JSON.stringify(body), headers: { authorization: 'AWS4-HMAC-SHA256 Credential=LOCALUSER/20260101/eu-west-1/iot/aws4_request' },
    });
    return [response.status, await response.json()];
  };
  expect(await thing('GET')).toMatchObject([404, {}]);
  expect(await thing('POST', {})).toMatchObject([200, { thingName: 'pump-7', thingArn: 'arn:aws:iot:eu-west-1:123456789012:thing/pump-7' }]);
  expect(await thing('POST', { attributePayload: { attributes: { a: 'b' } } })).toMatchObject([409, {}]);
  expect(await thing('GET')).toMatchObject([200, { version: 1, defaultClientId: 'pump-7' }]);
  expect(await thing('DELETE')).toEqual([200, {}]);
  expect(await thing('DELETE')).toEqual([200, {}]);
});
