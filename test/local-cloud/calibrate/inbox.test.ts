import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connectAsync } from 'mqtt';
import { WebSocket } from 'ws';
import { openInbox } from '../../../local-cloud/calibrate/inbox';
import { makeCertificates } from '../../../local-cloud/tls/certificates';
import { withCloud } from '../support';

const running = withCloud({ tls: true });
const THING = 'spare-thing';
const TOPIC = `$aws/things/${THING}/tunnels/notify`;
const SECRET = 'example-secret';

const inbox = (props: Partial<Parameters<typeof openInbox>[0]> = {}) => openInbox({
  endpoint: new URL(running.cloud.endpoint).host, thing: THING, region: 'eu-west-1', ca: running.cloud.tls!.ca,
  credentials: async () => ({ accessKeyId: 'LOCALUSER', secretAccessKey: SECRET }), ...props,
});

/** The signature of a presigned address, as AWS describes it, worked out without the SDK. */
function signatureOf(url: URL, host: string): string {
  const [, date, region, service] = url.searchParams.get('X-Amz-Credential')!.split('/');
  const signed = [...url.searchParams].filter(([name]) => !['X-Amz-Signature', 'X-Amz-Security-Token'].includes(name));
  const query = signed.map((pair) => pair.map(encodeURIComponent).join('=')).sort().join('&');
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const canonical = ['GET', url.pathname, query, `host:${host}`, '', 'host', sha256('')].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', url.searchParams.get('X-Amz-Date'), `${date}/${region}/${service}/aws4_request`, sha256(canonical)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>((secret, part) => createHmac('sha256', secret).update(part).digest(), `AWS4${SECRET}`);
  return createHmac('sha256', key).update(toSign).digest('hex');
}

test('GIVEN an inbox that listens by a signed WebSocket WHEN the service publishes for the thing THEN it is counted', async () => {
  const opened = await inbox();
  const { broker } = running.cloud;
  await broker.publish('$aws/things/another-thing/tunnels/notify', '{}', { qos: 1 });
  await broker.publish(TOPIC, '{"clientAccessToken":"LOCALCAT-1"}', { qos: 1 });
  await broker.publish(TOPIC, '{"clientAccessToken":"LOCALCAT-2"}', { qos: 1 });
  while (opened.count < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(opened.count).toBe(2);
  await opened.close();
});

test.each([
  ['keys of a user', undefined],
  ['keys of a session', 'LOCAL+session/token=='],
])('GIVEN %s THEN the address is signed as AWS describes it', async (_, sessionToken) => {
  const certificates = await makeCertificates('127.0.0.1');
  const server = createServer(certificates).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const asked = once(server, 'upgrade') as Promise<[{ url: string; headers: Record<string, string> }, { destroy(): void }]>;
  const attempt = inbox({ endpoint: host, ca: certificates.ca, credentials: async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET, sessionToken }) }).catch(() => undefined);
  const [{ url: path, headers }, socket] = await asked;
  socket.destroy();
  await attempt;
  server.close();
  await certificates.remove();

  const url = new URL(path, `wss://${host}`);
  expect([url.pathname, headers.host, headers['sec-websocket-protocol']]).toEqual(['/mqtt', host, 'mqtt']);
  expect(url.searchParams.get('X-Amz-Credential')).toMatch(/^AKIDEXAMPLE\/\d{8}\/eu-west-1\/iotdevicegateway\/aws4_request$/);
  expect(url.searchParams.get('X-Amz-Signature')).toBe(signatureOf(url, host));
  expect(url.searchParams.get('X-Amz-Security-Token')).toBe(sessionToken ?? null);
});

describe('MQTT over WebSocket at the local cloud', () => {
  const address = (change: (query: URLSearchParams) => void = () => undefined) => {
    const day = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const query = new URLSearchParams({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256', 'X-Amz-Credential': `LOCALUSER/${day.slice(0, 8)}/eu-west-1/iotdevicegateway/aws4_request`,
      'X-Amz-Date': day, 'X-Amz-SignedHeaders': 'host', 'X-Amz-Signature': 'a'.repeat(64),
    });
    change(query);
    return `${running.cloud.endpoint.replace('http', 'ws')}/mqtt?${query}`;
  };
  const status = async (url: string, headers = {}) => {
    const socket = new WebSocket(url, 'mqtt', { headers });
    const answer = await Promise.race([once(socket, 'unexpected-response').then(([, { statusCode }]) => statusCode as number), once(socket, 'open').then(() => 101)]);
    socket.on('error', () => undefined).terminate();
    return answer;
  };

  test('a region has the broker of its own', async () => {
    const [here, there] = await Promise.all(['eu-west-1', 'us-east-1'].map((region) =>
      connectAsync(address((query) => query.set('X-Amz-Credential', query.get('X-Amz-Credential')!.replace('eu-west-1', region))), { reconnectPeriod: 0 })));
    const heard: string[] = [];
    for (const [name, client] of [['here', here], ['there', there]] as const) {
      client.on('message', () => heard.push(name));
      await client.subscribeAsync('a/b', { qos: 1 });
    }
    await there.publishAsync('a/b', 'x', { qos: 1 });
    await here.publishAsync('other', 'x', { qos: 1 });
    await Promise.all([here.endAsync(), there.endAsync()]);
    expect(heard).toEqual(['there']);
  });

  test.each<[string, (query: URLSearchParams) => void]>([
    ['no signature', (query) => query.delete('X-Amz-Signature')],
    ['the signature of another service', (query) => query.set('X-Amz-Credential', query.get('X-Amz-Credential')!.replace('iotdevicegateway', 'sqs'))],
    ['a date that is another than in its scope', (query) => query.set('X-Amz-Date', '20200101T000000Z')],
    ['no region', (query) => query.set('X-Amz-Credential', query.get('X-Amz-Credential')!.replace('eu-west-1', 'nowhere'))],
  ])('an address with %s is refused', async (_, change) => {
    expect(await status(address(change))).toBe(403);
  });

  test('a web page is refused, which a signature that anybody can write would not keep out', async () => {
    expect(await status(address())).toBe(101);
    expect(await status(address(), { origin: 'http://evil.example' })).toBe(403);
  });
});
