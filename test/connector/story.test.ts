import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloseTunnelCommand, IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { startEchoDevice } from '../../demo/device';
import { TunnelTokenRotator } from '../../lib';
import { type LocalCloud, startLocalCloud } from '../../local-cloud/cloud';
import { connectDestination } from '../../tunnel-protocol/peer';
import { bundle } from './support/bundle';
import { freePort, Operator } from './support/operator';
import { processesWith } from './support/process-table';

/**
 * Operators with TCP sessions, the connector, the rotator as it ships, and a network that cuts and cuts. A secret takes 100 versions
 * within 24 hours, so no single tunnel can be cut 200 times: three are, side by side, and the rotator's budget allows for it.
 */
const TUNNELS = 3;
const CUTS_EACH = 67;
/** After so many cuts all functions and connections are up. */
const WARM = 10;
const FLAP_BUDGET = { burst: CUTS_EACH + 1, refill: Duration.minutes(30) };
const QUICK = { poll: [{ until: Infinity, every: 50 }], watch: { first: 100, factor: 1, longest: 100 }, inUseLooks: [500, 500] };

const before = { ...process.env };
let directory: string;
let cloud: LocalCloud;
let prefix: string;
let tunneling: IoTSecureTunnelingClient;
/** What a failed test would leave running. */
const begun: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tunnel-source-story-'));
  cloud = await startLocalCloud({ tls: officialProxy !== undefined });
  Object.assign(process.env, cloud.env, { TEST_MARK: directory, AWS_EC2_METADATA_DISABLED: 'true' });
  const settings = { endpoint: cloud.endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'TEST', secretAccessKey: 'local' } };
  tunneling = new IoTSecureTunnelingClient(settings);
  bundle('mini-localproxy', directory);
  const app = new App({ outdir: join(directory, 'cdk.out') });
  const stack = new Stack(app, 'Tunnels');
  prefix = new TunnelTokenRotator(stack, 'Rotator', { flapBudget: FLAP_BUDGET }).secretPrefix;
  app.synth();
  await cloud.deploy(join(directory, 'cdk.out'));
});

afterEach(async () => {
  for (const end of begun.splice(0)) await end();
});

afterAll(async () => {
  tunneling.destroy();
  await cloud.close();
  rmSync(directory, { recursive: true });
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, before);
});

type CommandFor = (port: number) => readonly string[];
const builtIn: CommandFor = (port) => [process.execPath, join(directory, 'mini-localproxy.js'), '-s', `SSH=${port}`];

/** A tunnel to an echo device, and an operator at its other end. */
async function begin(commandFor: CommandFor) {
  const { tunnelId = '', destinationAccessToken = '' } = await tunneling.send(
    new OpenTunnelCommand({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } }));
  const device = await startEchoDevice();
  const destination = await connectDestination({ endpoint: cloud.endpoint, token: destinationAccessToken, targets: { SSH: { port: device.port } } });
  const port = await freePort();
  const operator = new Operator(port, {
    tunnelId, secretPrefix: prefix, region: 'eu-west-1', policy: QUICK, stopGrace: 500, footprints: join(directory, 'footprints'), command: commandFor(port),
  });
  let ended: Promise<string> | undefined;
  const end = () => ended ??= (async () => {
    const how = await operator.stop();
    await destination.close();
    device.close();
    return how;
  })();
  begun.push(end);
  return { tunnelId, operator, end };
}

async function endure(commandFor: CommandFor, cuts: number) {
  const { tunnelId, operator, end } = await begin(commandFor);
  await operator.connected();
  let heard = await operator.talk('hello, device') ? 1 : 0;
  let resources = 0;
  for (let cut = 1; cut <= cuts; cut++) {
    cloud.tunneling.admin.cut(tunnelId, 'source');
    await operator.hangup();
    await operator.connected();
    if (await operator.talk(`still there after cut ${cut}?`)) heard += 1;
    if (cut === WARM) resources = process.getActiveResourcesInfo().length;
  }
  const growth = process.getActiveResourcesInfo().length - resources;
  const { rotations, refusals } = cloud.tunneling.admin.record(tunnelId).source;
  return { how: await end(), heard, growth, rotations, refusals, last: operator.states.at(-1)!, news: operator.news.join('\n') };
}

const officialProxy = ((): string | undefined => {
  try {
    return execFileSync('sh', ['-c', 'command -v localproxy'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
})();

const PROXIES: [string, available: boolean, commandFor: CommandFor][] = [
  ['the built-in local proxy', true, builtIn],
  // Skipped, and said so, where it is not installed: https://github.com/aws-samples/aws-iot-securetunneling-localproxy
  ['the official local proxy', officialProxy !== undefined, (port) =>
    [officialProxy!, '-e', new URL(cloud.endpoint).host, '-c', cloud.tls!.caDirectory, '-s', `SSH=${port}`]],
];

describe.each(PROXIES)('TCP sessions through %s', (_, available, commandFor) => {
  const story = available ? it : it.skip;

  story(`come back after each of ${TUNNELS * CUTS_EACH} cuts, and leave nothing behind${available ? '' : ': localproxy is not on PATH'}`, async () => {
    const listeners = process.listenerCount('exit');
    const results = await Promise.all(Array.from({ length: TUNNELS }, () => endure(commandFor, CUTS_EACH)));
    for (const { how, heard, rotations, refusals, last, growth } of results) {
      expect(how).toBe('stopped');
      expect(heard).toBe(CUTS_EACH + 1);
      expect(last.drops).toBe(CUTS_EACH);
      // One for the token that was asked for in the beginning, and exactly one for each drop.
      expect(rotations).toBe(CUTS_EACH + 1);
      // The local proxy tries its spent token after a cut, and never in a loop: once each, or not at all where the connector was faster.
      const refused = Object.values(refusals).reduce((sum, times) => sum + (times ?? 0), 0);
      expect(refused).toBeGreaterThan(0);
      expect(refused).toBeLessThanOrEqual(CUTS_EACH);
      // Timers, sockets, pipes and processes go up and down; one leaked a drop would be a hundred and more.
      expect(growth).toBeLessThan(CUTS_EACH / 2);
    }
    await cloud.idle();
    expect(processesWith(`TEST_MARK=${directory}`).filter((pid) => pid !== process.pid)).toEqual([]);
    expect(readdirSync(join(directory, 'footprints'))).toEqual([]);
    expect(process.listenerCount('exit')).toBe(listeners);
    expect(cloud.calls.denied).toEqual([]);
    expect(await cloud.findLeaks('LOCALCAT')).toEqual([]);
    expect(results.some(({ news }) => news.includes('LOCALCAT'))).toBe(false);
  });
});

describe('a session on the whole stack', () => {
  it('comes back by its proof while the service still shows the dead connection', async () => {
    const { tunnelId, operator, end } = await begin(builtIn);
    await operator.connected();
    await operator.talk('hello');
    cloud.tunneling.admin.cutSilently(tunnelId, 'source');
    await operator.hangup();
    expect((await operator.connected()).lastRecovery).toBeLessThan(5_000);
    expect(await operator.talk('hello again')).toBe(true);
    expect(await end()).toBe('stopped');
  });

  it('comes back even if the local proxy never notices that its connection died', async () => {
    const { tunnelId, operator, end } = await begin(builtIn);
    const { pid } = await operator.connected() as { pid: number };
    process.kill(pid, 'SIGSTOP'); // deaf and dumb
    cloud.tunneling.admin.cut(tunnelId, 'source');
    await operator.connected();
    expect(await operator.talk('hello again')).toBe(true);
    expect(operator.news.join()).toContain('the local proxy did not notice');
    expect(await end()).toBe('stopped');
  });

  it('ends when somebody closes the tunnel', async () => {
    const { tunnelId, operator, end } = await begin(builtIn);
    await operator.connected();
    await tunneling.send(new CloseTunnelCommand({ tunnelId }));
    await expect(operator.connected()).rejects.toThrow('closed');
    expect(await end()).toBe('closed');
  });

  it('does not throw out another operator, unless it is told to', async () => {
    const { tunnelId, operator, end } = await begin(builtIn);
    await operator.connected();
    const other = (takeOver: boolean, port: number) => new Operator(port, {
      tunnelId, takeOver, secretPrefix: prefix, region: 'eu-west-1', policy: QUICK, footprints: join(directory, 'elsewhere'), command: builtIn(port),
    });
    await expect(other(false, await freePort()).connected()).rejects.toThrow('in-use');
    expect(await operator.talk('undisturbed')).toBe(true);

    const successor = other(true, await freePort());
    await successor.connected();
    expect(await successor.talk('mine now')).toBe(true);
    await expect(operator.connected()).rejects.toThrow('in-use');
    expect(await end()).toBe('in-use');
    expect(await successor.stop()).toBe('stopped');
  });
});
