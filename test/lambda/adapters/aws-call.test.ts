import { inspect } from 'node:util';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { IoTSecureTunnelingClient, type IoTSecureTunnelingClientConfig } from '@aws-sdk/client-iotsecuretunneling';
import { awsCall, refusedWith, remembersRefusals } from '../../../lambda/adapters/aws-call';
import { OnlyWhenThrottled } from '../../../lambda/adapters/found-pace';
import { AwsTunnels } from '../../../lambda/adapters/aws-tunnels';
import { DependencyError } from '../../../lambda/domain/errors';

const sdkError = (name: string, httpStatusCode?: number) =>
  Object.assign(new Error('an answer that may hold LOCALCAT-token'), { name, $metadata: { httpStatusCode } });
const failureOf = (work: Promise<unknown>) => work.then(() => { throw new Error('should have failed'); }, (error: unknown) => error);

/** The real SDK against a server that answers everything alike. */
async function talkTo(answerWith: (answer: ServerResponse) => unknown, settings: IoTSecureTunnelingClientConfig) {
  const server = createServer((_, answer) => answerWith(answer));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new IoTSecureTunnelingClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, region: 'eu-west-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' }, ...settings,
  });
  return { client, close: () => { client.destroy(); server.close(); } };
}

const throttled = (answer: ServerResponse) => answer.writeHead(400).end('{"__type":"ThrottlingException"}');

describe('a call to AWS', () => {
  it.each<[string, number | undefined, string, boolean]>([
    ['AccessDeniedException', 400, 'access-denied', true],
    ['UnauthorizedException', 403, 'access-denied', true],
    ['EncryptionFailure', 400, 'access-denied', true],
    ['KMSInvalidStateException', 400, 'access-denied', true],
    ['KMS.ThrottlingException', 400, 'unavailable', true],
    ['ThrottlingException', 400, 'unavailable', true],
    ['LimitExceededException', 400, 'refused', true],
    ['ResourceNotFoundException', 400, 'refused', true],
    ['InternalServerError', 500, 'unavailable', false],
    ['TimeoutError', undefined, 'unavailable', false],
  ])('GIVEN %s (%s) THEN it is %s, without effect: %s', async (name, status, kind, withoutEffect) => {
    const failure = await failureOf(awsCall('Some.Call', async () => { throw sdkError(name, status); }));
    expect(failure).toMatchObject({ name: 'DependencyError', call: 'Some.Call', code: name, kind, withoutEffect });
    expect(refusedWith(failure, name)).toBe(true);
  });

  it('GIVEN several attempts THEN an earlier one may have had its effect, whatever the last one was told', async () => {
    const error = Object.assign(sdkError('ThrottlingException', 400), { $metadata: { httpStatusCode: 400, attempts: 2 } });
    expect(await failureOf(awsCall('Some.Call', async () => { throw error; }))).toMatchObject({ withoutEffect: false });
  });

  it.each<[string, (answer: ServerResponse) => unknown, number]>([
    ['throttled', throttled, 3],
    ['answered with 500', (answer) => answer.writeHead(500).end('{}'), 1],
    ['cut off', (answer) => answer.destroy(), 1],
  ])('GIVEN Rotate is %s THEN it is repeated only if nothing can have happened', async (_, answerWith, attempts) => {
    let requests = 0;
    const { client, close } = await talkTo((answer) => { requests += 1; answerWith(answer); }, { retryStrategy: new OnlyWhenThrottled() });
    await failureOf(new AwsTunnels(client, client).rotate('t', ['source']));
    close();
    expect(requests).toBe(attempts);
  });

  it.each<[string, ((answer: ServerResponse) => unknown)[], boolean]>([
    ['throttled three times', [throttled, throttled, throttled], true],
    ['cut off, then throttled', [(answer) => answer.destroy(), throttled, throttled], false],
    ['answered with 500, then throttled', [(answer) => answer.writeHead(500).end('{}'), throttled, throttled], false],
    ['throttled, then answered with 500', [throttled, throttled, (answer) => answer.writeHead(500).end('{}')], false],
  ])('GIVEN a call is %s THEN it is known whether it can have had an effect', async (_, answers, withoutEffect) => {
    const rest = [...answers];
    const { client, close } = await talkTo((answer) => rest.shift()?.(answer), { maxAttempts: 3 });
    const failure = await failureOf(new AwsTunnels(remembersRefusals(client)).rotate('t', ['source']));
    close();
    expect([rest.length, (failure as DependencyError).withoutEffect]).toEqual([0, withoutEffect]);
  });

  it('GIVEN an answer THEN its own date is the time of a look and, rounded up, the fence of a rotation', async () => {
    const date = 'Tue, 14 Nov 2023 22:13:20 GMT';
    const body = JSON.stringify({ sourceAccessToken: 'LOCALCAT-1', tunnel: { status: 'OPEN' } });
    const { client, close } = await talkTo((answer) => answer.setHeader('Date', date).end(body), { maxAttempts: 1 });
    const tunnels = new AwsTunnels(client);
    expect((await tunnels.rotate('t', ['source'])).fence).toBe(Date.parse(date) + 1_000);
    expect(await tunnels.observe('t')).toMatchObject({ at: Date.parse(date) });
    close();
  });

  it('GIVEN an answer with a token that the SDK cannot parse THEN the failure does not show it', async () => {
    const { client, close } = await talkTo((answer) => answer.end('{"sourceAccessToken":"LOCALCAT-broken'), { maxAttempts: 1 });
    const failure = await failureOf(new AwsTunnels(client).rotate('t', ['source']));
    close();
    expect(failure).toBeInstanceOf(DependencyError);
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain('LOCALCAT');
  });
});
