import { readFileSync, statSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeTunnelCommand, IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import type { LocalCloud } from '../../../local-cloud/cloud';
import { AwsError } from '../../../local-cloud/service';
import { Console } from '../support/console';
import { CHILD, Desk } from '../support/desk';
import { PREFIX, type StubRotator } from '../support/stub-rotator';

let desk: Desk;
let cloud: LocalCloud;
let rotator: StubRotator;
let tunneling: IoTSecureTunnelingClient;
let runtime: string;

beforeEach(async () => {
  desk = await Desk.begin();
  ({ cloud, rotator, tunneling, directory: runtime } = desk);
});

afterEach(async () => {
  await desk.end();
});

const open = async (thingName: string, services = ['SSH'], minutes = 720): Promise<string> =>
  (await tunneling.send(new OpenTunnelCommand({ destinationConfig: { thingName, services }, timeoutConfig: { maxLifetimeTimeoutMinutes: minutes } }))).tunnelId!;
const status = async (tunnelId: string) => (await tunneling.send(new DescribeTunnelCommand({ tunnelId }))).tunnel!.status;

/** Runs until the session stands, and stops it. */
async function session(line: string): Promise<Console> {
  const console = new Console();
  const code = console.run(`${line} --prefix ${PREFIX} --json`, [...CHILD, 'lasts']);
  await console.shows('"connected"');
  console.signals.emit('SIGINT');
  expect(await code).toBe(0);
  expect((console.out + console.err).includes('LOCALCAT')).toBe(false);
  return console;
}

describe('a tunnel by the name of its thing', () => {
  it('is the open one that fits', async () => {
    await open('pump-8');
    await open('pump-7', ['RDP']);
    await open('pump-7', ['SSH'], 10);
    const wanted = await open('pump-7');
    const console = await session('--thing pump-7 --services SSH');
    expect(console.err).toContain(`Using the open tunnel ${wanted}; the device is not connected to it.`);
    expect(console.states[0]).toMatchObject({ tunnelId: wanted });
    expect(await status(wanted)).toBe('OPEN');
  });

  it.each([13, -13])('is seen with the time that it has on a machine whose clock is %d hours fast', async (hours) => {
    const ending = await open('pump-7', ['SSH'], 10);
    const wanted = await open('pump-7');
    const console = new Console();
    console.waits(hours * 3_600_000);
    const code = console.run(`--thing pump-7 --services SSH --prefix ${PREFIX} --json`, [...CHILD, 'lasts']);
    await console.shows('"connected"');
    console.signals.emit('SIGINT');
    await code;
    expect(console.states[0]).toMatchObject({ tunnelId: wanted });

    const list = new Console();
    list.waits(hours * 3_600_000);
    await list.run('list --thing pump-7');
    expect(list.out).toMatch(new RegExp(`${wanted} .* (12:00|11:5\\d):`));
    expect(list.out).toMatch(new RegExp(`${ending} .* 00:(10|0\\d):`));
  });

  it('is asked for where there is none', async () => {
    const console = new Console();
    expect(await console.run(`--thing pump-7 --services SSH --prefix ${PREFIX}`, [...CHILD, 'lasts'])).toBe(24);
    expect(console.err).toContain('There is no open tunnel to pump-7 with SSH that has 15 minutes left. Use --open-tunnel to open one');
  });

  it('is opened only if there is none', async () => {
    const first = await session('--thing pump-7 --services SSH --open-tunnel --keep');
    const [, tunnelId] = /Opened the tunnel (\S+)\./.exec(first.err)!;
    const second = await session('--thing pump-7 --services SSH --open-tunnel --close');
    expect(second.err).toContain(`Using the open tunnel ${tunnelId}`);
    expect(second.err).not.toContain('Opened');
    expect(await status(tunnelId)).toBe('OPEN'); // who did not open it does not close it
  });

  it('is another one while somebody uses it', async () => {
    const console = new Console();
    const theirs = await open('pump-7');
    cloud.calls.intercept(async (call, proceed) => {
      const answer = await proceed() as { tunnel?: { sourceConnectionState: { status: string } } };
      if (call.action === 'DescribeTunnel' && call.input.tunnelId === theirs) answer.tunnel!.sourceConnectionState.status = 'CONNECTED';
      return answer;
    });
    const code = console.run(`--thing pump-7 --services SSH --open-tunnel --keep --prefix ${PREFIX}`, [...CHILD, 'lasts']);
    await console.shows('connected for');
    console.signals.emit('SIGINT');
    expect(await code).toBe(0);
    expect(console.err).toContain('Opened the tunnel');
  });
});

describe('a tunnel without a thing', () => {
  it('leaves the device\'s token in a file that nobody else can read, and nowhere else', async () => {
    const file = join(runtime, 'device-token');
    const console = await session(`--open-tunnel --close --destination-token-file ${file}`);
    expect(console.err).toContain(`The device's token is in ${file}`);
    expect(readFileSync(file, 'utf8')).toMatch(/^\S*LOCALCAT\S*\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is not opened if the token would have no place', async () => {
    const file = join(runtime, 'precious');
    writeFileSync(file, 'precious');
    const console = new Console();
    expect(await console.run(`--open-tunnel --destination-token-file ${file} --prefix ${PREFIX} --region eu-west-1`, [...CHILD, 'lasts'])).toBe(2);
    expect(console.err).toContain('must be a new file');
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect(cloud.calls.find({ action: 'OpenTunnel' })).toEqual([]);
  });

  it('leaves no file behind that has no token in it', async () => {
    cloud.calls.intercept(async (call, proceed) => {
      if (call.action === 'OpenTunnel') throw new AwsError('LimitExceededException', 'no', 400);
      return proceed();
    });
    const file = join(runtime, 'device-token');
    expect(await new Console().run(`--open-tunnel --destination-token-file ${file} --prefix ${PREFIX}`, [...CHILD, 'lasts'])).toBe(19);
    expect(existsSync(file)).toBe(false);
  });
});

describe('tunnel-source list', () => {
  it('shows the open tunnels, their ends, the time that is left and whether there is a token', async () => {
    const mine = await open('pump-7', ['SSH', 'RDP']);
    const theirs = await open('pump-8');
    await rotator.deliver(mine);
    const console = new Console();
    expect(await console.run(`list --prefix ${PREFIX}`)).toBe(0);
    const [heading, ...rows] = console.out.trimEnd().split('\n').map((line) => line.split(/ {2,}/));
    expect(heading).toEqual(['TUNNEL', 'THING', 'SERVICES', 'SOURCE', 'DEVICE', 'LEFT', 'TOKEN']);
    const left = expect.stringMatching(/^(12:00:00|11:59:\d\d)$/);
    expect(rows).toEqual([
      [theirs, 'pump-8', 'SSH', 'disconnected', 'disconnected', left, 'no'],
      [mine, 'pump-7', 'SSH,RDP', 'disconnected', 'disconnected', left, 'yes'],
    ]);
  });

  it('writes an object for each for machines', async () => {
    await open('pump-8');
    const mine = await open('pump-7');
    const console = new Console();
    expect(await console.run('list --thing pump-7 --json')).toBe(0);
    expect(JSON.parse(console.out)).toMatchObject({ tunnelId: mine, thing: 'pump-7', services: ['SSH'], source: 'DISCONNECTED', destination: 'DISCONNECTED' });
  });

  it('says so if there is none', async () => {
    const console = new Console();
    expect(await console.run('list --thing pump-7')).toBe(0);
    expect(console.out).toBe('No open tunnel to pump-7 in eu-west-1.\n');
  });

  it('goes through all pages', async () => {
    for (let index = 0; index < 101; index++) await open(`pump-${index}`);
    const console = new Console();
    expect(await console.run('list --json')).toBe(0);
    expect(console.out.trimEnd().split('\n')).toHaveLength(101);
  });

  it('names the permission that it lacks', async () => {
    cloud.calls.intercept(async (call, proceed) => {
      if (call.action === 'ListTunnels') throw new AwsError('AccessDeniedException', 'no', 400);
      return proceed();
    });
    const console = new Console();
    expect(await console.run('list')).toBe(15);
    expect(console.err).toContain('"Action": "iot:ListTunnels"');
  });

  it.each([['list --help', 0, 'Lists the open tunnels'], ['list --verbose', 2, "Unknown option '--verbose'"]])('explains itself: %s', async (line, code, text) => {
    const console = new Console();
    expect(await console.run(line)).toBe(code);
    expect(console.out + console.err).toContain(text);
  });
});
