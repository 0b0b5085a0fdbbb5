import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Deployment } from '../../local-cloud/deploy/deployment';
import type { LocalCloud } from '../../local-cloud/cloud';
import { FAIR } from '../../local-cloud/weather/forecast';
import { obedient, synthesize } from './stacks';
import { withCloud } from './support';

const running = withCloud();
const assembly = synthesize(obedient);
let cloud: LocalCloud;
let stack: Deployment;
beforeAll(async () => {
  cloud = running.cloud;
  stack = await cloud.deploy(assembly);
});

const tell = async (what: string, rest = {}) => cloud.functions.invoke('Obedient', { do: what, ...rest });
const answer = async (what: string, rest = {}) => {
  const result = await tell(what, rest);
  return result.kind === 'succeeded' ? result.payload as Record<string, unknown> : undefined;
};
const queueUrl = () => stack.physicalId('AWS::SQS::Queue', 'Jobs');
const job = (what: string, rest = {}) => running.clients.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(), MessageBody: JSON.stringify({ do: what, ...rest }) }));
const queueNamed = (part: string) => [...cloud.queues.values()].find(({ name }) => name.includes(part))!;

describe('an instance', () => {
  test('has the environment of the template and of Lambda, and nothing of ours', async () => {
    const environment = await answer('environment');
    expect(environment).toMatchObject({ COLOR: 'red', AWS_REGION: 'eu-west-1', _HANDLER: 'index.handler', AWS_ENDPOINT_URL: cloud.endpoint });
    expect(Object.keys(environment!).filter((name) => /^(JEST|npm_|HOME|USER|NODE_ENV)/.test(name))).toEqual([]);
  });

  test('knows its request, its deadline and the cloud\'s time', async () => {
    await cloud.advance(3_600_000);
    const before = Date.now() + 3_600_000;
    const context = await answer('context');
    expect(context).toMatchObject({ functionName: cloud.functions.get('Obedient').name, invokedFunctionArn: cloud.functions.get('Obedient').arn });
    expect(context!.remaining).toBeGreaterThan(3_000);
    expect(context!.remaining).toBeLessThanOrEqual(5_000);
    expect(context!.now).toBeGreaterThanOrEqual(before);
    expect(context!.date).toBeGreaterThanOrEqual(before);
  });

  test('is used again when it is free, and joined by others when it is not', async () => {
    const first = await answer('warm');
    const second = await answer('warm');
    expect(second).toEqual({ pid: first!.pid, warm: Number(first!.warm) + 1 });
    const both = await Promise.all([answer('wait', { milliseconds: 50 }).then(() => answer('warm')), answer('warm')]);
    expect(new Set(both.map((each) => each!.pid)).size).toBe(2);
  });

  test('survives an error of its handler', async () => {
    const before = await answer('warm');
    expect(await tell('throw')).toMatchObject({ kind: 'failed', error: { errorType: 'TypeError', errorMessage: 'as told' } });
    expect((await answer('warm'))!.pid).toBe(before!.pid);
  });

  test('is replaced when its process ends', async () => {
    expect(await tell('exit')).toMatchObject({ kind: 'failed', error: { errorType: 'Runtime.ExitError' } });
    expect(await tell('nothing')).toEqual({ kind: 'succeeded', payload: null });
  });

  test('is killed at the template\'s timeout', async () => {
    const hanging = tell('hang');
    await untilLogged('hanging');
    await cloud.advance(5_000);
    expect(await hanging).toMatchObject({ kind: 'failed', error: { errorType: 'Sandbox.Timedout', errorMessage: expect.stringContaining('timed out after 5.00 seconds') } });
    expect(cloud.logs.of(cloud.functions.get('Obedient').name).at(-1)).toContain('timed out after 5.00 seconds');
  });

  test('can be killed in the middle of a call', async () => {
    const held = cloud.calls.hold({ action: 'GetSecretValue' }, 'before');
    const result = tell('read-secret', { secretId: 'allowed/one' });
    const call = await held.reached;
    expect(call.caller).toBe(cloud.functions.get('Obedient').name);
    await cloud.functions.kill(call.instance!);
    held.release();
    expect(await result).toMatchObject({ kind: 'failed', error: { errorType: 'Runtime.Killed' } });
    expect(cloud.functions.get('Obedient').running.map(({ id }) => id)).not.toContain(call.instance);
  });
});

describe('a role', () => {
  test('allows what its policy allows', async () => {
    await running.clients.secrets.send(new CreateSecretCommand({ Name: 'allowed/two', SecretString: 'x' }));
    expect(await tell('read-secret', { secretId: 'allowed/two' })).toEqual({ kind: 'succeeded', payload: 'allowed/two' });
  });

  test('refuses anything else, and the log tells', async () => {
    await running.clients.secrets.send(new CreateSecretCommand({ Name: 'other', SecretString: 'x' }));
    expect(await tell('read-secret', { secretId: 'other' })).toMatchObject({ kind: 'failed', error: { errorType: 'AccessDeniedException' } });
    expect(cloud.calls.denied).toMatchObject([{
      service: 'secretsmanager', action: 'GetSecretValue', role: stack.physicalId('AWS::IAM::Role', 'ObedientServiceRole'),
      message: expect.stringContaining('secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-west-1:123456789012:secret:other-'),
    }]);
  });
});

test('a clock that is far off is refused, and the SDK puts it right', async () => {
  const before = cloud.calls.records.length;
  await cloud.setWeather({ ...FAIR, functionClockSkew: 600_000 });
  expect(Number((await answer('context'))!.now) - Date.now()).toBeGreaterThan(600_000 - 5_000);
  expect(await tell('read-secret', { secretId: 'allowed/two' })).toMatchObject({ kind: 'succeeded' });
  expect(cloud.calls.records.slice(before).map(({ error, status }) => error ?? status)).toEqual(['InvalidSignatureException', 200]);
  await cloud.setWeather(FAIR);
});

describe('what a function writes', () => {
  test('is in the log when its invocation has ended', async () => {
    await tell('log', { line: 'hello from inside' });
    expect(cloud.logs.lines.at(-1)).toMatchObject({ text: 'hello from inside', functionName: cloud.functions.get('Obedient').name, requestId: expect.any(String) });
  });

  test('is a metric if it is in the embedded format', async () => {
    const line = JSON.stringify({
      _aws: { Timestamp: 1, CloudWatchMetrics: [{ Namespace: 'N', Dimensions: [['Rotator']], Metrics: [{ Name: 'Drops', Unit: 'Count' }] }] },
      Rotator: 'r', Drops: [2, 3], tunnelId: 't',
    });
    await tell('log', { line });
    expect(cloud.metrics.sum('Drops', { namespace: 'N', dimensions: { Rotator: 'r' } })).toBe(5);
    expect(cloud.metrics.values('Drops')[0]).toMatchObject({ unit: 'Count', properties: { tunnelId: 't' } });
    expect(cloud.metrics.values('Drops', { dimensions: { Rotator: 'other' } })).toEqual([]);
  });
});

describe('a queue in front of a function', () => {
  test('is emptied by it', async () => {
    const ended = cloud.functions.next('Obedient');
    await job('log', { line: 'by queue' });
    await ended;
    expect(cloud.logs.lines.at(-1)?.text).toBe('by queue');
    expect(queueNamed('Jobs').peek()).toEqual([]);
  });

  test('keeps what a batch reports as failed, and gives it up after the template\'s receives', async () => {
    let ended = cloud.functions.next('Obedient');
    await running.clients.sqs.send(new SendMessageBatchCommand({
      QueueUrl: queueUrl(), Entries: [{ Id: 'a', MessageBody: '{"do":"throw"}' }, { Id: 'b', MessageBody: '{"do":"nothing"}' }],
    }));
    await ended;
    const jobs = queueNamed('Jobs');
    expect(jobs.peek().map(({ body }) => body)).toEqual(['{"do":"throw"}']);
    ended = cloud.functions.next('Obedient');
    await cloud.advance(30_000);
    await ended;
    await cloud.advance(30_000);
    expect(jobs.peek()).toEqual([]);
    expect(queueNamed('Dead').peek().map(({ body }) => body)).toEqual(['{"do":"throw"}']);
  });

  test('gets everything back when an invocation fails as a whole', async () => {
    const ended = cloud.functions.next('Obedient');
    await job('exit');
    expect((await ended).error?.errorType).toBe('Runtime.ExitError');
    expect(queueNamed('Jobs').counts()).toEqual({ visible: 0, delayed: 0, inFlight: 1 });
    queueNamed('Jobs').purge();
  });

  test('has no more invocations at once than the template allows', async () => {
    const first = cloud.calls.hold({ action: 'GetSecretValue' }, 'before');
    await job('read-secret', { secretId: 'allowed/two' });
    await first.reached;
    const second = cloud.calls.hold({ action: 'GetSecretValue' }, 'before');
    await job('read-secret', { secretId: 'allowed/two' });
    await second.reached;
    await job('nothing');
    expect(queueNamed('Jobs').counts()).toEqual({ visible: 1, delayed: 0, inFlight: 2 });
    first.release();
    second.release();
    while (queueNamed('Jobs').peek().length > 0) await cloud.functions.next('Obedient');
  });
});

test('an asynchronous invocation that fails is tried again as often as the template says', async () => {
  const lambda = cloud.functions.get('Obedient');
  const failures = () => cloud.functions.invocations.filter(({ error }) => error?.errorType === 'TypeError').length;
  const before = failures();
  const first = cloud.functions.next('Obedient');
  const response = await fetch(`${cloud.endpoint}/2015-03-31/functions/${lambda.name}/invocations`, {
    method: 'POST', body: '{"do":"throw"}',
    headers: { 'x-amz-invocation-type': 'Event', 'authorization': 'AWS4-HMAC-SHA256 Credential=LOCALUSER/20260101/eu-west-1/lambda/aws4_request' },
  });
  expect(response.status).toBe(202);
  await first;
  await cloud.idle();
  const again = cloud.functions.next('Obedient');
  await cloud.advance(60_000);
  await again;
  await cloud.advance(600_000);
  await cloud.idle();
  expect(failures() - before).toBe(2);
});

async function untilLogged(text: string): Promise<void> {
  while (cloud.logs.lines.at(-1)?.text !== text) await new Promise((resolve) => setImmediate(resolve));
}
