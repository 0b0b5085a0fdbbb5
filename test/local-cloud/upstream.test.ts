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
      if (request.method === 'HEAD') return void response.writeHead(200, { 'content-length': '1234567' }).end();
      response.writeHead(203, { 'content-type': 'text/x-odd', 'x-amz-other': 'yes' }).end('from afar');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cloud = await startLocalCloud({ services: ['sqs', 'iotsecuretunneling'], upstream: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
afterAll(async () => {
  await cloud.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const signedFor = (service: string) => `AWS4-HMAC-SHA256 Credential=LOCALUSER/20260101/eu-west-1/${service}/aws4_request, Signature=0`;

test.each([
  ['a service that is nowhere here', 'kms', 'POST', '/', { 'x-amz-target': 'TrentService.Encrypt' }, '{"a":1}'],
  ['a service that is here, and not served', 'secretsmanager', 'POST', '/', { 'x-amz-target': 'secretsmanager.ListSecrets' }, '{"b":2}'],
  ['a query without a value', 's3', 'PUT', '/bucket/a%20key?uploads&x=a%2Fb', { 'x-amz-meta-a': 'b' }, 'bytes'],
  ['a body where it is not usual', 'kafka', 'DELETE', '/v1/clusters/a', { 'x-amz-meta-a': 'b' }, 'bytes'],
])('%s goes on as it came, and so does the answer', async (_, service, method, path, headers, body) => {
  const authorization = signedFor(service);
  const response = await fetch(`${cloud.endpoint}${path}`, { method, body, headers: { authorization, ...headers } as unknown as Record<string, string> });
  expect(await response.text()).toBe('from afar');
  expect(response.status).toBe(203);
  expect([response.headers.get('x-amz-other'), response.headers.get('content-length')]).toEqual(['yes', '9']);
  expect(seen.at(-1)).toMatchObject({
    method, url: path, body, headers: { authorization, 'host': new URL(cloud.endpoint).host, 'content-length': String(body.length), ...headers },
  });
});

test('the length that a HEAD request asks for comes along', async () => {
  const response = await fetch(`${cloud.endpoint}/bucket/key`, { method: 'HEAD', headers: { authorization: signedFor('s3') } });
  expect(response.headers.get('content-length')).toBe('1234567');
});

test('all calls of a service go one way: what is here stays here, known or not', async () => {
  const before = seen.length;
  const call = async (target: string) => (await fetch(cloud.endpoint, { method: 'POST', body: '{}', headers: { 'authorization': signedFor('sqs'), 'x-amz-target': target } })).json();
  expect(await call('AmazonSQS.ListQueues')).toEqual({ QueueUrls: [] });
  expect(await call('AmazonSQS.AddPermission')).toMatchObject({ __type: 'UnknownOperationException', message: expect.stringContaining('AddPermission') });
  expect(seen).toHaveLength(before);
});

test('GIVEN services that live elsewhere WHEN a stack is deployed THEN it is refused, as it needs them here', async () => {
  await expect(cloud.deploy('cdk.out')).rejects.toThrow('a stack needs every service here');
});

test('GIVEN no upstream WHEN a service is not served THEN it is refused by name', async () => {
  const narrow = await startLocalCloud({ services: ['iotsecuretunneling'] });
  const response = await fetch(narrow.endpoint, { method: 'POST', body: '{}', headers: { 'authorization': signedFor('sqs'), 'x-amz-target': 'AmazonSQS.ListQueues' } });
  expect(await response.json()).toMatchObject({ message: 'sqs is not served here; served are iotsecuretunneling' });
  await narrow.close();
});

test('an upstream that cannot be reached is named', async () => {
  const lonely = await startLocalCloud({ upstream: 'http://127.0.0.1:9' });
  const response = await fetch(lonely.endpoint, { method: 'POST', body: '{}', headers: { 'authorization': signedFor('kms'), 'x-amz-target': 'TrentService.Encrypt' } });
  expect(response.status).toBe(502);
  expect(await response.json()).toMatchObject({ __type: 'UpstreamUnreachable', message: expect.stringContaining('http://127.0.0.1:9') });
  await lonely.close();
});
