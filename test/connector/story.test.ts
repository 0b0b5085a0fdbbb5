import { join } from 'node:path';
import { CloseTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { Duration } from 'aws-cdk-lib';
import { length } from '../support/length';
import { OFFICIAL_PROXY, WHERE_INSTALLED, withOfficialProxy } from '../support/official-proxy';
import { bundle } from './support/bundle';
import { freePort, Operator } from './support/operator';
import { processesWith } from './support/process-table';
import { QUICK, WholeStack } from './support/whole-stack';

/**
 * Operators with TCP sessions, the connector, the rotator as it ships, and a network that cuts and cuts. A secret takes 100 versions
 * within 24 hours, so no single tunnel can be cut 200 times: three are, side by side, and the rotator's budget allows for it.
 */
const TUNNELS = 3;
const CUTS_EACH = length(10, 67);
/** After so many cuts all functions and connections are up. */
const WARM = length(3, 10);
const FLAP_BUDGET = { burst: CUTS_EACH + 1, refill: Duration.minutes(30) };

let stack: WholeStack;
beforeAll(async () => {
  // The service never shows a silent drop by itself, so whoever comes back from one was believed.
  stack = await WholeStack.begin({ tls: OFFICIAL_PROXY !== undefined, tunneling: { silentDropDelayMs: 86_400_000 } }, { flapBudget: FLAP_BUDGET });
  bundle('mini-localproxy', stack.directory);
});
afterEach(() => stack.endTests());
afterAll(() => stack.end());

type CommandFor = (port: number) => readonly string[];
const standIn: CommandFor = (port) => [process.execPath, join(stack.directory, 'mini-localproxy.js'), '-s', `SSH=${port}`];

/** Without a client token each cut spends the token, whatever child it is. */
const begin = (commandFor: CommandFor) => stack.operator((port) => ({ clientToken: false, command: commandFor(port) }));

async function endure(commandFor: CommandFor, cuts: number) {
  const { tunnelId, operator, end } = await begin(commandFor);
  await operator.connected();
  let heard = await operator.talk('hello, device') ? 1 : 0;
  let resources = 0;
  for (let cut = 1; cut <= cuts; cut++) {
    stack.cloud.tunneling.admin.cut(tunnelId, 'source');
    await operator.hangup();
    await operator.connected();
    if (await operator.talk(`still there after cut ${cut}?`)) heard += 1;
    if (cut === WARM) expect(await stack.findLeaks()).toEqual([]); // its processes live
    if (cut === WARM) resources = process.getActiveResourcesInfo().length;
  }
  const growth = process.getActiveResourcesInfo().length - resources;
  const { refusals } = stack.cloud.tunneling.admin.record(tunnelId).source;
  return { how: await end(), heard, growth, rotations: stack.rotations(tunnelId), refusals, last: operator.states.at(-1)! };
}

const official: CommandFor = (port) =>
  [OFFICIAL_PROXY!, '-e', new URL(stack.cloud.endpoint).host, '-c', stack.cloud.tls!.caDirectory, '-s', `SSH=${port}`];

const PROXIES: [string, available: boolean, commandFor: CommandFor][] = [
  ['a child', true, standIn],
  // Skipped, and said so, where it is not installed: https://github.com/aws-samples/aws-iot-securetunneling-localproxy
  ['the official local proxy', OFFICIAL_PROXY !== undefined, official],
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
      // Timers, sockets, pipes and processes of all sessions go up and down by a dozen and more on a busy machine: one leaked a drop shows
      // beside that only after many cuts, in the long run.
      if (CUTS_EACH > 60) expect(growth).toBeLessThan((TUNNELS * CUTS_EACH) / 2);
    }
    await stack.cloud.idle();
    expect(processesWith(`TEST_MARK=${stack.directory}`).filter((pid) => pid !== process.pid)).toEqual([]);
    expect(stack.claims).toEqual([]);
    expect(process.listenerCount('exit')).toBe(listeners);
    expect(stack.cloud.calls.denied).toEqual([]);
    expect(await stack.findLeaks()).toEqual([]);
  }, length(180_000, 900_000));
});

describe('a session on the whole stack', () => {
  it('comes back by its proof while the service still shows the dead connection', async () => {
    const { tunnelId, operator, end } = await begin(standIn);
    await operator.connected();
    await operator.talk('hello');
    stack.cloud.tunneling.admin.cutSilently(tunnelId, 'source');
    await operator.hangup();
    await operator.connected();
    expect(await operator.talk('hello again')).toBe(true);
    expect(await end()).toBe('stopped');
  });

  it('comes back even if the local proxy never notices that its connection died', async () => {
    const { tunnelId, operator, end } = await begin(standIn);
    const { pid } = await operator.connected() as { pid: number };
    process.kill(pid, 'SIGSTOP'); // deaf and dumb
    stack.cloud.tunneling.admin.cut(tunnelId, 'source');
    await operator.connected();
    expect(await operator.talk('hello again')).toBe(true);
    expect(operator.news.join()).toContain('the local proxy did not notice');
    expect(await end()).toBe('stopped');
  });

  it('ends when somebody closes the tunnel', async () => {
    const { tunnelId, operator, end } = await begin(standIn);
    await operator.connected();
    await stack.tunneling.send(new CloseTunnelCommand({ tunnelId }));
    await expect(operator.connected()).rejects.toThrow('closed');
    expect(await end()).toBe('closed');
  });

  it('does not throw out another operator, unless it is told to', async () => {
    const { tunnelId, operator, end } = await begin(standIn);
    await operator.connected();
    const other = (takeOver: boolean, port: number) => new Operator(port, {
      tunnelId, takeOver, secretPrefix: stack.prefix, region: 'eu-west-1', policy: QUICK, footprints: join(stack.directory, 'elsewhere'), command: standIn(port),
      clientToken: false,
    });
    await expect(other(false, await freePort()).connected()).rejects.toThrow('in-use');
    expect(await operator.talk('undisturbed')).toBe(true);

    const successor = other(true, await freePort());
    await successor.connected();
    // The fresh token lies there for both; where the first is quicker, the second takes over once more.
    expect(await operator.over()).toBe('in-use');
    expect(await successor.talk('mine now')).toBe(true);
    expect(await end()).toBe('in-use');
    expect(await successor.stop()).toBe('stopped');
  });
});

withOfficialProxy(`the official local proxy, given a client token, comes back from a cut with the token that it has${WHERE_INSTALLED}`, async () => {
  const { tunnelId, operator, end } = await stack.operator((port) => ({ command: official(port) }));
  await operator.connected();
  await operator.talk('hello');
  const { rotations } = stack.cloud.tunneling.admin.record(tunnelId).source;
  stack.cloud.tunneling.admin.cut(tunnelId, 'source');
  await operator.hangup();
  expect(await operator.connected()).toMatchObject({ drops: 1 });
  expect(await operator.talk('hello again')).toBe(true);
  expect(stack.cloud.tunneling.admin.record(tunnelId).source.rotations).toBe(rotations);
  expect(await end()).toBe('stopped');
});
