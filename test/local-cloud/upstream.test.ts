import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startLocalCloud, type LocalCloud } from '../../local-cloud/cloud';

interface Seen { method?: string; url?: string; headers: IncomingHttpHeaders; body: string }

let server: Server;
let cloud: LocalCloud;
const seen: Seen[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => { body += chunk; }).on('end', () => {
      seen.push({ method: request.method, url: request.url, headers: request.headers, body });
      response.writeHead(203, { 'content-type': 'text/x-odd', 'x-amz-other': 'yes' }).end('from afar');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cloud = await startLocalCloud({ upstream: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
afterAll(async () => {
  await cloud.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const authorization = 'AWS4-HMAC-SHA256 Credential=LOCALUSER/20260101/eu-west-1/kms/aws4_request, Signature=0';

test.each([
  ['a service that is not here', 'POST', '/', { 'x-amz-target': 'TrentService.Encrypt' }, '{"a":1}'],
  ['an action that is not here', 'POST', '/', { 'x-amz-target': 'AmazonSQS.StartMessageMoveTask' }, '{"b":2}'],
  ['a path that is not here', 'PUT', '/bucket/a%20key?versionId=1', {}, 'bytes'],
])('%s goes on as it came, and so does the answer', async (_, method, path, headers, body) => {
  const response = await fetch(`${cloud.endpoint}${path}`, { method, body, headers: { authorization, ...headers } as unknown as Record<string, string> });
  expect(await response.text()).toBe('from afar');
  expect(response.status).toBe(203);
  expect(response.headers.get('x-amz-other')).toBe('yes');
  expect(seen.at(-1)).toMatchObject({ method, url: path, body, headers: { authorization, host: new URL(cloud.endpoint).host, ...headers } });
});

test('what is here stays here', async () => {
  const before = seen.length;
  const response = await fetch(cloud.endpoint, { method: 'POST', body: '{}', headers: { authorization, 'x-amz-target': 'AmazonSQS.ListQueues' } });
  expect(await response.json()).toEqual({ QueueUrls: [] });
  expect(seen).toHaveLength(before);
});

test('an upstream that cannot be reached is named', async () => {
  const lonely = await startLocalCloud({ upstream: 'http://127.0.0.1:9' });
  const response = await fetch(lonely.endpoint, { method: 'POST', body: '{}', headers: { authorization, 'x-amz-target': 'TrentService.Encrypt' } });
  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({ __type: 'UpstreamUnreachable', message: expect.stringContaining('http://127.0.0.1:9') });
  await lonely.close();
});
