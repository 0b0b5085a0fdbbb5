import { OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { request } from 'node:http';
import { connectSource } from '../../tunnel-protocol/peer';
import { obedient, synthesize } from './stacks';
import { refusal, withCloud } from './support';

const running = withCloud();
const assembly = synthesize(obedient);

async function admin(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${running.cloud.endpoint}/_local${path}`, {
    method, headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() as never };
}

test('it tells what there is', async () => {
  const { body } = await admin('GET', '');
  expect(body).toEqual(expect.arrayContaining([expect.stringContaining('PATCH /_local/weather'), expect.stringContaining('POST /_local/tunnels/<id>/<side>/cut')]));
});

test('the weather is set, changed and cleared', async () => {
  const list = () => refusal(running.clients.sqs.send(new ListQueuesCommand({})));
  expect(await admin('PUT', '/weather', { seed: 7, calls: [{ on: 'sqs', errors: 1 }] })).toMatchObject({ status: 200, body: { seed: 7, duplicates: 0 } });
  expect(await list()).toBe('InternalError');
  expect(await admin('PATCH', '/weather', { duplicates: 0.5 })).toMatchObject({ body: { duplicates: 0.5, calls: [{ on: 'sqs' }] } });
  await admin('PUT', '/weather', {});
  expect(await list()).toBe('no error');
  expect(await admin('PUT', '/weather', { duplicates: 7 })).toMatchObject({ status: 400, body: { error: expect.stringContaining('duplicates') } });
});

test('switches of Secure Tunneling are set while it runs, all or none', async () => {
  expect(await admin('PATCH', '/tunneling', { rotateKicksConnected: false, maxOpenTunnels: 3 })).toMatchObject({ body: { rotateKicksConnected: false, maxOpenTunnels: 3 } });
  expect(running.cloud.tunneling.behaviour.rotateKicksConnected).toBe(false);
  expect(await admin('PATCH', '/tunneling', { rotateKicksConnected: true, neverConnectedLastUpdatedAt: 'sometimes' })).toMatchObject({
    status: 400, body: { error: expect.stringContaining('missing or createdAt or later') },
  });
  expect(running.cloud.tunneling.behaviour.rotateKicksConnected).toBe(false);
  expect(await admin('PATCH', '/tunneling', { rotateKicksConnected: true, maxOpenTunnels: 'Infinity' })).toMatchObject({ body: { maxOpenTunnels: 'Infinity' } });
});

test('a tunnel is seen, and its connection cut', async () => {
  const { tunnelId, sourceAccessToken = '' } = await running.clients.tunnels.send(new OpenTunnelCommand({}));
  const source = await connectSource({ endpoint: running.cloud.endpoint, token: sourceAccessToken });
  expect(await admin('GET', '/tunnels')).toMatchObject({ body: [{ tunnelId, source: { status: 'CONNECTED' } }] });
  expect(await admin('POST', `/tunnels/${tunnelId}/source/cut`, {})).toMatchObject({ status: 200 });
  await source.closed;
  expect(await admin('POST', `/tunnels/${tunnelId}/middle/cut`, {})).toMatchObject({ status: 404 });
});

test('a stack is deployed, looked at, and its function killed', async () => {
  expect(await admin('POST', '/stacks', { directory: assembly })).toMatchObject({ status: 200, body: { stackName: 'Small' } });
  const name = running.cloud.functions.names[0];
  await running.cloud.functions.invoke(name, { do: 'log', line: 'hello' });
  expect(await admin('GET', '/functions')).toMatchObject({ body: [{ name, running: [{ busy: false }] }] });
  expect(await admin('GET', '/logs')).toMatchObject({ body: expect.arrayContaining([expect.objectContaining({ text: 'hello' })]) });
  await admin('POST', `/functions/${name}/kill`, {});
  expect(running.cloud.functions.get(name).running).toEqual([]);
  expect(await admin('POST', '/stacks', { directory: '/nowhere' })).toMatchObject({ status: 400, body: { error: expect.stringContaining('cdk synth') } });
});

test('calls are listed', async () => {
  await running.clients.sqs.send(new ListQueuesCommand({}));
  const { body } = await admin('GET', '/calls?service=sqs&action=ListQueues');
  expect(body).toEqual(expect.arrayContaining([expect.objectContaining({ action: 'ListQueues', caller: 'user' })]));
});

test('the clock is put forward', async () => {
  const before = Date.parse((await fetch(`${running.cloud.endpoint}/_local`)).headers.get('date')!);
  await admin('POST', '/clock/advance', { milliseconds: 3_600_000 });
  const after = Date.parse((await fetch(`${running.cloud.endpoint}/_local`)).headers.get('date')!);
  expect(after - before).toBeGreaterThanOrEqual(3_600_000);
});

describe('what is refused', () => {
  test.each([
    ['a path that is not there', 'GET', '/sunshine', undefined, {}, 404],
    ['another method', 'POST', '/weather', {}, {}, 405],
    ['a body that is no object', 'PUT', '/weather', [], {}, 400],
    ['a web page', 'GET', '/logs', undefined, { origin: 'https://example.com' }, 403],
    ['a form of a web page', 'POST', '/schedules/fire', 'x', { 'content-type': 'text/plain' }, 415],
    ['a schedule that is not there', 'POST', '/schedules/fire', { name: 'nowhere' }, {}, 400],
  ])('%s', async (_, method, path, body, headers, status) => {
    expect((await admin(method, path, body, headers)).status).toBe(status);
  });

  test('another host name, which a web page may have pointed here', async () => {
    const status = await new Promise((resolve) => {
      const { hostname, port } = new URL(running.cloud.endpoint);
      request({ hostname, port, path: '/_local/logs', headers: { host: 'evil.example.com' } }, ({ statusCode }) => resolve(statusCode)).end();
    });
    expect(status).toBe(403);
  });
});
