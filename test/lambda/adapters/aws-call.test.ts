import { inspect } from 'node:util';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { IoTSecureTunnelingClient } from '@aws-sdk/client-iotsecuretunneling';
import { awsCall, refusedWith } from '../../../lambda/adapters/aws-call';
import { AwsTunnels } from '../../../lambda/adapters/aws-tunnels';
import { DependencyError } from '../../../lambda/domain/errors';

const sdkError = (name: string, httpStatusCode?: number) =>
  Object.assign(new Error('an answer that may hold LOCALCAT-token'), { name, $metadata: { httpStatusCode } });
const failureOf = (work: Promise<unknown>) => work.then(() => { throw new Error('should have failed'); }, (error: unknown) => error);

describe('a call to AWS', () => {
  it.each<[string, number | undefined, string, boolean]>([
    ['AccessDeniedException', 400, 'access-denied', true],
    ['UnauthorizedException', 403, 'access-denied', true],
    ['EncryptionFailure', 400, 'access-denied', true],
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

  it('GIVEN an answer with a token that the SDK cannot parse THEN the failure does not show it', async () => {
    const server = createServer((_, answer) => answer.end('{"sourceAccessToken":"LOCALCAT-broken'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = new IoTSecureTunnelingClient({
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, region: 'eu-west-1', maxAttempts: 1,
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    });
    const failure = await failureOf(new AwsTunnels(client).rotate('t', ['source']));
    client.destroy();
    server.close();
    expect(failure).toBeInstanceOf(DependencyError);
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain('LOCALCAT');
  });
});
