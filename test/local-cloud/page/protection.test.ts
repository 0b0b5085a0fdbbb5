import { request } from 'node:http';
import { OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { ACTS, KEY_HEADER, PAGE_PATH } from '../../../local-cloud/page/contract';
import { connectSource } from '../../../tunnel-protocol/peer';
import { withCloud } from '../support';

/** Who may see the page, and who may press its buttons. */
const running = withCloud({ page: true });
const without = withCloud();

type Headers = Record<string, string>;

/** As any program can write a request: `fetch` lets nobody choose Host and Origin. */
function send(method: string, path: string, headers: Headers = {}, body = '', endpoint = running.cloud.endpoint) {
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const { hostname, port } = new URL(endpoint);
    request({ hostname, port, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    }).on('error', reject).end(body);
  });
}

const own = () => new URL(running.cloud.endpoint).origin;
const keyIn = (html: string) => /name="page-key" content="([\w-]{32})"/.exec(html)![1];
const key = async () => keyIn((await send('GET', PAGE_PATH)).text);
const json = { 'content-type': 'application/json' };

test('GIVEN the page was not asked for THEN it is not there, and no Origin is let in for it', async () => {
  const { endpoint } = without.cloud;
  expect((await send('GET', PAGE_PATH, {}, '', endpoint)).status).toBe(404);
  expect((await send('POST', `${PAGE_PATH}/throttle`, { ...json, origin: endpoint }, '{}', endpoint)).status).toBe(403);
  expect(without.cloud.page).toBeUndefined();
});

test('the page tells its address, loads nothing from elsewhere, stands in no frame, and lets no other page read it', async () => {
  expect(running.cloud.page).toBe(`${own()}${PAGE_PATH}`);
  for (const path of ['', '/page.js', '/page.css', '/snapshot', '/tunnels/none']) {
    const { headers } = await send('GET', PAGE_PATH + path);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';.*frame-ancestors 'none'/);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'cross-origin-resource-policy': 'same-origin', 'cache-control': 'no-store' });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  }
});

describe('a press of a button', () => {
  const press = async (headers: Headers, act = 'throttle') => (await send('POST', `${PAGE_PATH}/${act}`, { ...json, origin: own(), ...headers }, '{}')).status;

  test('with the key and as the page itself is taken', async () => {
    expect(await press({ [KEY_HEADER]: await key() })).toBe(200);
    expect(await press({ [KEY_HEADER]: await key() })).toBe(200); // and off again
  });

  test.each([
    ['without the key', async () => press({}), 403],
    ['with another key', async () => press({ [KEY_HEADER]: 'x'.repeat(32) }), 403],
    ['with the key of another cloud, or of an earlier run', async () => press({ [KEY_HEADER]: (await key()).split('').reverse().join('') }), 403],
    ['from another page, though it knew the key', async () => press({ [KEY_HEADER]: await key(), origin: 'https://example.com' }), 403],
    ['from a page on another port of this machine', async () => press({ [KEY_HEADER]: await key(), origin: 'http://127.0.0.1:1' }), 403],
    ['from a page without an origin of its own', async () => press({ [KEY_HEADER]: await key(), origin: 'null' }), 403],
    ['under a name that was pointed here', async () => press({ [KEY_HEADER]: await key(), host: 'evil.example.com', origin: 'http://evil.example.com' }), 403],
    ['as a form', async () => press({ [KEY_HEADER]: await key(), 'content-type': 'text/plain' }), 415],
    ['of a button that is not there', async () => press({ [KEY_HEADER]: await key() }, 'sunshine'), 404],
  ])('%s is refused', async (_, pressing, status) => {
    expect(await pressing()).toBe(status);
  });

  test('by GET does nothing, for any of them', async () => {
    for (const act of ACTS) expect((await send('GET', `${PAGE_PATH}/${act}`)).status).toBe(404);
  });
});

test.each([['another page', 'https://example.com'], ['its own', 'own']])('an Origin opens nothing but the page: %s is refused everywhere else', async (_, origin) => {
  const headers = { ...json, origin: origin === 'own' ? own() : origin };
  expect((await send('POST', '/_local/schedules/fire', headers, '{}')).status).toBe(403);
  expect((await send('POST', '/', { ...headers, 'x-amz-target': 'IoTSecuredTunneling.OpenTunnel' }, '{}')).status).toBe(403);
  expect((await send('GET', '/_local/events', headers)).status).toBe(403);
});

test('GIVEN a name that was pointed here THEN not even the page is shown', async () => {
  for (const path of ['', '/page.js', '/snapshot']) expect((await send('GET', PAGE_PATH + path, { host: 'evil.example.com' })).status).toBe(403);
});

test('GIVEN a tunnel and what lies for it THEN neither its tokens nor messages are in any answer of the page', async () => {
  const { tunnelId, sourceAccessToken = '' } = await running.clients.tunnels.send(new OpenTunnelCommand({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } }));
  const source = await connectSource({ endpoint: running.cloud.endpoint, token: sourceAccessToken });
  const answers = await Promise.all(['', '/page.js', '/snapshot', `/tunnels/${tunnelId}`].map((path) => send('GET', PAGE_PATH + path)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(JSON.parse(answers[2].text)).toMatchObject({ tunnels: [{ tunnelId, thingName: 'pump-7', open: true, used: true, shown: 'CONNECTED' }] });
  expect(answers.map(({ text }) => text).join('').includes('LOCALCAT')).toBe(false);
  await source.close();
});
