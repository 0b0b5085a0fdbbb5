import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloseTunnelCommand, IoTSecureTunnelingClient, OpenTunnelCommand, RotateTunnelAccessTokenCommand } from '@aws-sdk/client-iotsecuretunneling';
import { type LocalCloud, startLocalCloud } from '../../../local-cloud/cloud';
import { AwsError } from '../../../local-cloud/service';
import { connectDestination, connectSource } from '../../../tunnel-protocol/peer';
import { Console } from '../support/console';
import { freePort } from '../support/operator';
import { PREFIX, StubRotator } from '../support/stub-rotator';

const before = { ...process.env };
let cloud: LocalCloud;
let tunneling: IoTSecureTunnelingClient;
let directory: string;
let tunnelId: string;
let tokens: { source: string; destination: string };
let ends: (() => unknown)[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tunnel-source-doctor-'));
  cloud = await startLocalCloud();
  Object.assign(process.env, cloud.env, { AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' });
  tunneling = new IoTSecureTunnelingClient({});
  const opened = await tunneling.send(new OpenTunnelCommand({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } }));
  tunnelId = opened.tunnelId!;
  tokens = { source: opened.sourceAccessToken!, destination: opened.destinationAccessToken! };
  ends = [];
});

afterEach(async () => {
  for (const end of ends) await end();
  tunneling.destroy();
  await cloud.close();
  rmSync(directory, { recursive: true });
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, before);
});

async function device(): Promise<void> {
  const destination = await connectDestination({ endpoint: cloud.endpoint, token: tokens.destination, targets: { SSH: { port: 1 } } });
  ends.push(() => destination.close());
}

/** What it found, by check: ok, trouble or not tried; and the whole text. */
async function doctor(line: string) {
  const console = new Console();
  const code = await console.run(`doctor ${line}`);
  const findings = Object.fromEntries([...console.out.matchAll(/^(ok|!!|-) +(.+?) {2,}/gm)].map(([, mark, what]) => [what, mark]));
  expect((console.out + console.err).includes('LOCALCAT')).toBe(false);
  return { code, findings, text: console.out + console.err };
}

const deny = (action: string, code = 'AccessDeniedException', status = 400) => cloud.calls.intercept(async (call, proceed) => {
  if (call.action === action) throw new AwsError(code, 'no', status);
  return proceed();
});

it('finds nothing in the way of a session that can work, and changes nothing', async () => {
  const rotator = new StubRotator(cloud);
  await rotator.deliver(tunnelId);
  await rotator.close();
  await device();
  const port = await freePort();
  const { code, findings, text } = await doctor(`--prefix ${PREFIX} --thing pump-7 -s SSH=${port}`);
  expect(text).toContain('Nothing stands in the way.');
  expect(code).toBe(0);
  expect(findings).toMatchObject({
    'region': 'ok', 'prefix': 'ok', 'port': 'ok', 'endpoint': 'ok', 'identity': 'ok', 'iot:ListTunnels': 'ok', 'iot:DescribeTunnel': 'ok', 'tunnel': 'ok', 'services': 'ok',
    'device': 'ok', 'source': 'ok', 'secretsmanager:GetSecretValue': 'ok', 'secretsmanager:DescribeSecret': 'ok', 'iot:Publish disconnected': 'ok', 'iot:Publish token-request': '-',
  });
  const changing = cloud.calls.records.filter(({ caller, action }) => caller === 'user' && /^(Put|Create|Delete|Open|Close|Rotate|Update|Tag)/.test(action));
  expect(changing.map(({ action }) => action)).toEqual(['OpenTunnel', 'RotateTunnelAccessToken', 'PutSecretValue', 'CreateSecret']); // all of them the test's own
  await tunneling.send(new RotateTunnelAccessTokenCommand({ tunnelId, clientMode: 'SOURCE' })); // and the tunnel is still there
});

it('says what is missing on the command line', async () => {
  delete process.env.AWS_REGION;
  delete process.env.AWS_DEFAULT_REGION;
  const { code, text } = await doctor('');
  expect(code).toBe(25);
  expect(text).toContain('Use --region, or set AWS_REGION.');
  expect(text).toContain('Use --prefix or TUNNEL_SECRET_PREFIX');
  expect(text).toContain('2 things stand in the way.');
});

it('goes no further without credentials', async () => {
  delete process.env.AWS_ACCESS_KEY_ID;
  delete process.env.AWS_SECRET_ACCESS_KEY;
  const { code, findings, text } = await doctor(`--prefix ${PREFIX} --region eu-west-1`);
  expect(code).toBe(25);
  expect(findings).toMatchObject({ identity: '!!' });
  expect(Object.keys(findings)).not.toContain('iot:DescribeTunnel');
  expect(text).toContain('aws sso login');
});

it.each([
  ['ListTunnels', 'AccessDeniedException', 400, 'iot:ListTunnels'],
  ['DescribeTunnel', 'AccessDeniedException', 400, 'iot:DescribeTunnel'],
  ['Publish', 'ForbiddenException', 403, 'iot:Publish disconnected'],
])('prints the statement that %s lacks, and goes on', async (action, code, status, what) => {
  deny(action, code, status);
  const target = action === 'ListTunnels' ? '' : `--tunnel-id ${tunnelId}`;
  const result = await doctor(`--prefix ${PREFIX} ${target}`);
  expect(result.code).toBe(25);
  expect(result.findings[what]).toBe('!!');
  expect(result.text).toContain(`"Action": "${what.split(' ')[0]}"`);
  expect(result.text).toContain('123456789012');
  expect(result.findings.identity).toBe('ok');
});

it('does not call a secret forbidden that may not be there, but prints the statement', async () => {
  deny('GetSecretValue');
  const { findings, text } = await doctor(`--prefix ${PREFIX} --tunnel-id ${tunnelId}`);
  expect(findings['secretsmanager:GetSecretValue']).toBe('-');
  expect(text).toContain('denied, which AWS also says of a secret that is not there yet');
  expect(text).toContain('"Action": "secretsmanager:GetSecretValue"');
});

it('names a local port that is taken, a service that is not there, and a device that is away', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { findings, text } = await doctor(`--prefix ${PREFIX} --tunnel-id ${tunnelId} -s SHH=${port}`);
  expect(findings).toMatchObject({ port: '!!', services: '!!', device: '!!' });
  expect(text).toContain(`Somebody listens on 127.0.0.1:${port} already.`);
  expect(text).toContain('It was opened for SSH: use one of these.');
});

it('asks for a token only where that reaches nobody', async () => {
  const source = await connectSource({ endpoint: cloud.endpoint, token: tokens.source });
  ends.push(() => source.close());
  const { findings } = await doctor(`--prefix ${PREFIX} --tunnel-id ${tunnelId}`);
  expect(findings).toMatchObject({ 'source': '-', 'iot:Publish token-request': 'ok' });
});

it.each([['closed', 'was closed'], ['unknown', 'is not in this account and region']] as const)('says that the tunnel is %s', async (how, told) => {
  await tunneling.send(new CloseTunnelCommand({ tunnelId, delete: how === 'unknown' }));
  const { code, text } = await doctor(`--prefix ${PREFIX} --tunnel-id ${tunnelId}`);
  expect(code).toBe(25);
  expect(text).toContain(told);
});

it('says that nobody answers at the endpoint', async () => {
  const { findings, text } = await doctor(`--prefix ${PREFIX} --tunnel-id ${tunnelId} -e http://127.0.0.1:${await freePort()}`);
  expect(findings.endpoint).toBe('!!');
  expect(text).toContain('ECONNREFUSED');
});

it('writes objects for machines, and explains itself', async () => {
  const console = new Console();
  await console.run(`doctor --json --prefix ${PREFIX} --tunnel-id ${tunnelId}`);
  expect(console.states[0]).toEqual({ what: 'region', ok: true, told: 'eu-west-1', mend: [] });
  const help = new Console();
  expect(await help.run('doctor --help')).toBe(0);
  expect(help.out).toContain('tunnel-source doctor');
});
