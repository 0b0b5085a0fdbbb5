import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionLost } from '../../../local-cloud/calls';
import { calibrate } from '../../../local-cloud/calibrate/command';
import { startLocalCloud, type LocalCloud } from '../../../local-cloud/cloud';
import { CONFORMANCE } from '../../../local-cloud/conformance/rows';
import { readProfile } from '../../../local-cloud/profile';

/** Questions that wait for nothing. */
const QUICK = ['--only', 'client-token,refusals,services,closed-tunnel'];

const ROWS = Object.values(CONFORMANCE).flat().filter((row) => 'check' in row);

let cloud: LocalCloud;
let directory: string;
let profile: string;
let environment: NodeJS.ProcessEnv;
beforeEach(async () => {
  cloud = await startLocalCloud();
  directory = mkdtempSync(join(tmpdir(), 'calibrate-'));
  profile = join(directory, 'aws-profile.json');
  environment = { ...process.env };
  Object.assign(process.env, cloud.env);
});
afterEach(async () => {
  process.env = environment;
  rmSync(directory, { recursive: true });
  await cloud.close();
});

/** Runs the command against the local cloud, as it would run against AWS. */
async function command(argv: readonly string[], { answer, interrupted = new Promise(() => undefined) }: { answer?: string; interrupted?: Promise<unknown> } = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const asked: string[] = [];
  const ask = answer === undefined ? undefined : async (question: string) => { asked.push(question); return answer; };
  const code = await calibrate(['--out', profile, ...argv], { out: (line) => out.push(line), err: (line) => err.push(line), interrupted, ask });
  return { code, asked, out: out.join('\n'), err: err.join('\n') };
}

const tunnels = () => cloud.tunneling.admin.tunnels();
const open = () => tunnels().filter(({ status }) => status === 'OPEN').length;

test('it answers, writes a profile without ids and tokens, and closes every tunnel', async () => {
  const { code, out, err } = await command(['--yes', ...QUICK]);

  expect({ code, open: open() }).toEqual({ code: 0, open: 0 });
  expect(out).toContain('client-token: May a client come back');
  expect(out).toContain('yes (seen)');
  const written = readFileSync(profile, 'utf8');
  const told = [written, out, err].join('\n');
  for (const { tunnelId } of tunnels()) expect(told.includes(tunnelId)).toBe(false);
  expect([told.includes('LOCALCAT'), written.includes('123456789012')]).toEqual([false, false]);
  expect(readProfile(profile)).toMatchObject({
    region: 'eu-west-1', behaviour: { clientTokenReuse: 'works', maxServicesPerTunnel: 3, rotateClosedTunnelError: 'ResourceNotFoundException' },
  });
});

test('every tunnel that it opens says by a tag where it comes from, and ends by itself should nobody close it', async () => {
  await command(['--yes', ...QUICK]);
  const [{ tunnelId }] = tunnels();
  const { tunnel } = await cloudCall('DescribeTunnel', { tunnelId });

  expect(tunnel).toMatchObject({ tags: [{ key: 'opened-by', value: 'tunnel-local-cloud calibrate' }], timeoutConfig: { maxLifetimeTimeoutMinutes: 120 } });
});

test('--dry-run says what it would do and what that costs, and calls nobody', async () => {
  const { code, out } = await command(['--dry-run', '--price', '2', ...QUICK]);

  expect(code).toBe(0);
  expect(out).toContain('services: May a tunnel have more than three services?\n  OpenTunnel, CloseTunnel');
  expect(out).toContain('at most 3 tunnels in eu-west-1. At 2 USD a tunnel that is 6.00 USD at most.');
  expect(cloud.calls.records).toEqual([]);
});

describe('before it opens a tunnel it asks', () => {
  test.each([['n', 1, 0], ['', 1, 0], ['y', 0, 1], ['yes', 0, 1]])('GIVEN the answer %j THEN the exit code is %s', async (answer, expected, opened) => {
    const { code, asked } = await command(['--only', 'client-token'], { answer });

    expect({ code, asked: asked.length, opened: tunnels().length, open: open() }).toEqual({ code: expected, asked: 1, opened, open: 0 });
  });

  test('GIVEN nobody sits there THEN it opens none', async () => {
    const { code, err } = await command(QUICK);

    expect({ code, opened: tunnels().length }).toEqual({ code: 1, opened: 0 });
    expect(err).toContain('Nothing was opened');
  });
});

describe('GIVEN Ctrl-C', () => {
  test('WHEN a question is being asked THEN all tunnels are closed, and no profile is written', async () => {
    const { code, err } = await command(['--yes', '--only', 'first-timestamps'], { interrupted: cloud.calls.next({ action: 'DescribeTunnel' }) });

    expect({ code, opened: tunnels().length, open: open(), written: existsSync(profile) }).toEqual({ code: 130, opened: 1, open: 0, written: false });
    expect(err).toContain('1 tunnels were opened, and all of them are closed');
  });

  test('WHEN a tunnel is just being opened THEN its answer is waited for, and it is closed', async () => {
    const barrier = cloud.calls.hold({ action: 'OpenTunnel' }, 'after');
    const running = command(['--yes', '--only', 'first-timestamps'], { interrupted: barrier.reached });
    await barrier.reached;
    barrier.release();

    expect({ code: (await running).code, opened: tunnels().length, open: open() }).toEqual({ code: 130, opened: 1, open: 0 });
  });
});

test('GIVEN OpenTunnel opened one, but its answer was lost WHEN it ends THEN that tunnel is found and closed', async () => {
  const remove = cloud.calls.intercept(async (call, proceed) => {
    const result = await proceed();
    if (call.action !== 'OpenTunnel') return result;
    remove();
    throw new ConnectionLost('the answer is lost');
  });

  const { code } = await command(['--yes', '--only', 'client-token']);

  expect({ code, opened: tunnels().length, open: open() }).toEqual({ code: 0, opened: 1, open: 0 });
  expect(readProfile(profile).answers).toMatchObject([{ answer: 'not asked', certainty: 'open' }]);
});

test('GIVEN others\' tunnels WHEN it looks for its own THEN it leaves theirs alone', async () => {
  await cloudCall('OpenTunnel', { description: 'maintenance' });
  const remove = cloud.calls.intercept(async (call, proceed) => {
    const result = await proceed();
    if (call.action !== 'OpenTunnel') return result;
    remove();
    throw new ConnectionLost('the answer is lost');
  });

  await command(['--yes', '--only', 'client-token']);

  expect({ opened: tunnels().length, open: open() }).toEqual({ opened: 2, open: 1 });
});

test('GIVEN a tunnel that cannot be closed THEN it says so, and how it ends', async () => {
  cloud.calls.intercept(async (call, proceed) => {
    if (call.action === 'CloseTunnel') throw new ConnectionLost('no way');
    return proceed();
  });

  const { err } = await command(['--yes', '--only', 'client-token']);

  expect(err).toContain('1 could not be closed');
  expect(err).toContain('when their lifetime is over');
});

describe('--conformance', () => {
  test('GIVEN a service that keeps every rule THEN every row is the same, and few tunnels were needed', async () => {
    const { code, out } = await command(['--yes', '--conformance']);

    const lines = out.split('\n').filter((line) => /^(same|DIFFERENT) /.test(line));
    expect(lines.filter((line) => line.startsWith('DIFFERENT'))).toEqual([]);
    expect({ code, rows: lines.length, open: open() }).toEqual({ code: 0, rows: ROWS.length, open: 0 });
    expect(tunnels().length).toBeLessThan(ROWS.length);
  }, 120_000);

  test('GIVEN a service that does otherwise THEN its rows tell both answers, without ids and tokens', async () => {
    Object.assign(cloud.tunneling.behaviour, { maxServicesPerTunnel: 5, rotateClosedTunnelError: 'InvalidRequestException' });

    const { out, err } = await command(['--yes', '--conformance']);

    expect(out.split('\n').filter((line) => line.startsWith('DIFFERENT')).map((line) => /DIFFERENT +([\w-]+)/.exec(line)?.[1])).toEqual(['service-limit', 'no-reopening']);
    expect(out).toContain("local cloud: { name: 'LimitExceededException', status: 400 }\n    here: undefined");
    expect(out).toContain("here: { name: 'InvalidRequestException', status: 400 }");
    expect([out, err].join().includes('LOCALCAT')).toBe(false);
  }, 120_000);

  test('GIVEN Ctrl-C THEN all tunnels are closed', async () => {
    const { code } = await command(['--yes', '--conformance'], { interrupted: cloud.calls.next({ action: 'DescribeTunnel' }) });

    expect({ code, open: open() }).toEqual({ code: 130, open: 0 });
  });
});

describe('what takes more than an account', () => {
  test('GIVEN a thing and an MQTT endpoint THEN it hears whether the token is published', async () => {
    const { code } = await command(['--yes', '--only', 'notify', '--thing', 'pump-7', '--iot-endpoint', `mqtt://127.0.0.1:${cloud.mqttPort}`]);

    expect(code).toBe(0);
    expect(readProfile(profile)).toMatchObject({ behaviour: { rotateWithoutConfigPublishes: true }, answers: [{ certainty: 'seen' }] });
  });

  test('GIVEN a role THEN it learns how IAM sees the client mode', async () => {
    cloud.tunneling.behaviour.clientModeSpelling = 'lower';
    const { arn } = cloud.roles.create({
      name: 'rotates',
      trustPolicy: { Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '*' } } },
      policies: [{ Statement: { Effect: 'Allow', Action: 'iot:RotateTunnelAccessToken', Resource: '*' } }],
    });

    await command(['--yes', '--only', 'client-mode', '--role', arn]);

    expect(readProfile(profile).behaviour).toEqual({ clientModeSpelling: 'lower' });
  });

  test('GIVEN a command that silences a connection THEN it is told which one', async () => {
    cloud.tunneling.behaviour.silentDropDelayMs = 300;
    const script = `fetch('${cloud.endpoint}/_local/tunnels/' + process.env.TUNNEL_ID + '/' + process.env.SIDE + '/cut', `
      + '{ method: "POST", headers: { "content-type": "application/json" }, body: "{\\"silently\\":true}" }).then((r) => process.exit(r.ok && process.env.LOCAL_PORT > 0 ? 0 : 1))';

    await command(['--yes', '--only', 'silent-drop', '--silencer', `${process.execPath} -e '${script.replaceAll('\'', '\'"\'"\'')}'`]);

    // Had it not been silenced, it would show CONNECTED for twenty minutes.
    expect(readProfile(profile).answers).toMatchObject([{ certainty: 'seen' }]);
  });

  test('GIVEN a command that fails THEN the question stays open', async () => {
    await command(['--yes', '--only', 'silent-drop', '--silencer', 'exit 3']);

    expect(readProfile(profile)).toMatchObject({ behaviour: {}, answers: [{ certainty: 'open', evidence: 'it failed: SilencerError' }] });
  });
});

test.each([
  [['--sunshine'], '--sunshine'],
  [['--only', 'weather'], 'no question \'weather\''],
  [['--thing', 'pump-7'], 'belong together'],
  [['--measure-quotas', '--quota-ceiling', '1000'], '--quota-ceiling'],
  [['--price', 'much'], '--price'],
])('GIVEN %j THEN the exit code is 2, and the message says why', async (argv, why) => {
  const { code, err } = await command(argv);
  expect(code).toBe(2);
  expect(err).toContain(why);
});

test('--help tells every option', async () => {
  const { code, out } = await command(['--help']);
  expect(code).toBe(0);
  for (const option of ['--dry-run', '--yes', '--out', '--only', '--thing', '--iot-endpoint', '--role', '--silencer', '--measure-quotas', '--conformance']) {
    expect(out).toContain(option);
  }
});

async function cloudCall(action: string, input: object) {
  const response = await fetch(cloud.endpoint, {
    method: 'POST', body: JSON.stringify(input),
    headers: { 'x-amz-target': `IoTSecuredTunneling.${action}`, 'authorization': 'AWS4-HMAC-SHA256 Credential=LOCALUSER/20260101/eu-west-1/iot/aws4_request' },
  });
  return response.json() as Promise<{ tunnel: object }>;
}
