import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { CloseTunnelCommand, IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import type { LocalCloud } from '../../../local-cloud/cloud';
import { Console } from '../support/console';
import { CHILD, Desk } from '../support/desk';
import { PREFIX, type StubRotator } from '../support/stub-rotator';

let desk: Desk;
let cloud: LocalCloud;
let rotator: StubRotator;
let tunneling: IoTSecureTunnelingClient;
let tunnelId: string;

beforeEach(async () => {
  desk = await Desk.begin();
  ({ cloud, rotator, tunneling } = desk);
  tunnelId = (await tunneling.send(new OpenTunnelCommand({}))).tunnelId!;
});

afterEach(async () => {
  await desk.end();
});

const line = (more = '') => `--tunnel-id ${tunnelId} --prefix ${PREFIX} ${more}`;

describe('the command line', () => {
  it('explains itself', async () => {
    const console = new Console();
    expect(await console.run('--help')).toBe(0);
    expect(console.out).toContain('tunnel-source --tunnel-id ID');
  });

  it('says what is wrong with it', async () => {
    const console = new Console();
    expect(await console.run('--tunnel-id T', ['true'])).toBe(2);
    expect(console.err).toContain('SecretPrefix');
  });

  it('wants a region', async () => {
    delete process.env.AWS_REGION;
    delete process.env.AWS_DEFAULT_REGION;
    const console = new Console();
    expect(await console.run(line(), ['true'])).toBe(2);
    expect(console.err).toContain('--region');
  });
});

describe('a session on the command line', () => {
  it('says who and where it is, asks for a token, and serves until it is told to stop', async () => {
    const console = new Console();
    const code = console.run(line('--region eu-west-1'), [...CHILD, 'lasts']);
    await console.shows('connected for');
    console.signals.emit('SIGINT');
    expect(await code).toBe(0);
    expect(console.err).toMatch(/Using arn:aws:iam::123456789012:\S+ in eu-west-1/);
    expect(console.err).toContain('There is no token yet; asking the rotator for one.');
    expect(console.err).toMatch(/^\d\d:\d\d:\d\d Stopped, as you asked\.$/m);
    expect(rotator.signals.map(({ topic, payload }) => [topic, payload])).toEqual([[`tunnels/${tunnelId}/token-request`, { clientMode: 'SOURCE' }]]);
    desk.expectClean(console);
  });

  it('reports a drop with the version of the token as proof, and never shows either', async () => {
    await rotator.deliver(tunnelId);
    const console = new Console();
    const code = console.run(line('--json --log-level debug'), [...CHILD, 'cut']);
    await console.shows('"drops":2');
    console.signals.emit('SIGTERM');
    expect(await code).toBe(0);
    const [{ topic, payload }] = rotator.signals;
    expect(topic).toBe(`tunnels/${tunnelId}/disconnected`);
    expect(payload).toEqual({ clientMode: 'SOURCE', proof: expect.stringMatching(/^[a-zA-Z0-9_-]{43}$/) });
    expect((console.out + console.err).includes(payload.proof as string)).toBe(false);
    expect(console.err).toContain('previously used');
    expect(console.states.map(({ state }) => state).slice(0, 5)).toEqual(['starting', 'connected', 'reconnecting', 'checking', 'waiting']);
    expect(console.states.at(-1)).toMatchObject({ state: 'ended', ending: { name: 'stopped', exitCode: 0 } });
    desk.expectClean(console);
  });

  it('signals on the topics that it was told', async () => {
    const topics: string[] = [];
    const end = cloud.broker.subscribe('#', ({ topic }) => topics.push(topic));
    const console = new Console();
    const code = console.run(line('--topic-prefix fleet/a'), [...CHILD, 'lasts']);
    await console.shows('waiting for a fresh token');
    console.signals.emit('SIGHUP');
    expect(await code).toBe(0);
    expect(topics).toEqual([`fleet/a/${tunnelId}/token-request`]);
    end();
  });

  it('ends the command at once at the second signal', async () => {
    const console = new Console();
    const code = console.run(line('--grace 600 --log-level debug'), [...CHILD, 'stubborn']);
    await console.shows('connected for');
    console.signals.emit('SIGINT');
    await console.shows('I will not go');
    console.waits(1_000);
    console.signals.emit('SIGINT');
    expect(await code).toBe(130);
    expect(console.err).toContain('A second Ctrl-C kills it at once.');
    desk.expectClean(console);
  });

  it('takes a signal that npx passes on right after the terminal for the same one', async () => {
    const console = new Console();
    const code = console.run(line('--grace 0.3 --log-level debug'), [...CHILD, 'stubborn']);
    await console.shows('connected for');
    console.signals.emit('SIGINT');
    console.signals.emit('SIGINT');
    await console.shows('I will not go');
    expect(await code).toBe(0);
    desk.expectClean(console);
  });

  it('ends when whoever reads its states has left', async () => {
    const console = new Console();
    const code = console.run(line('--json'), [...CHILD, 'lasts']);
    await console.shows('"connected"');
    console.world.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(await code).toBe(0);
  });
});

describe('the end of a session', () => {
  it.each([['closed', 10, 'was closed'], ['unknown', 12, 'no such tunnel']] as const)('is told when the tunnel is %s', async (how, exitCode, sentence) => {
    await tunneling.send(new CloseTunnelCommand({ tunnelId, delete: how === 'unknown' }));
    const console = new Console();
    expect(await console.run(line(), [...CHILD, 'lasts'])).toBe(exitCode);
    expect(console.err).toContain(sentence);
    desk.expectClean(console);
  });

  it('is told when the command cannot be started', async () => {
    await rotator.deliver(tunnelId);
    const console = new Console();
    expect(await console.run(line(), ['no-such-command-anywhere'])).toBe(18);
    expect(console.err).toContain('on your PATH');
    desk.expectClean(console);
  });

  it('is told before any token is spent when the local port is taken', async () => {
    await rotator.deliver(tunnelId);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const console = new Console();
    expect(await console.run(line(), ['localproxy', '-s', String(port)])).toBe(22);
    expect(console.err).toContain(`Somebody listens on 127.0.0.1:${port} already.`);
    expect(rotator.signals).toEqual([]);
    desk.expectClean(console);
    server.close();
  });

  it('is told before any token is spent when the tunnel has no such service', async () => {
    const destinationConfig = { thingName: 'pump-7', services: ['SSH'] };
    tunnelId = (await tunneling.send(new OpenTunnelCommand({ destinationConfig }))).tunnelId!;
    const console = new Console();
    expect(await console.run(line(), ['localproxy', '-s', 'SHH=5555'])).toBe(23);
    expect(console.err).toContain('The local proxy asks for SHH; the tunnel was opened for SSH.');
    expect(rotator.signals).toEqual([]);
  });

  it.each([
    ['DescribeTunnel', 'AccessDeniedException', 400, 'iot:DescribeTunnel', /"arn:aws:iot:eu-west-1:123456789012:tunnel\/[\w-]+"/],
    ['Publish', 'ForbiddenException', 403, 'iot:Publish', /"arn:aws:iot:eu-west-1:123456789012:topic\/tunnels\/[\w-]+\/token-request"/],
  ])('names the permission that %s lacks, and grantConnect', async (action, code, status, permission, resource) => {
    desk.deny(action, code, status);
    const console = new Console();
    expect(await console.run(line(), [...CHILD, 'lasts'])).toBe(15);
    expect(console.err).toContain(`"Action": "${permission}"`);
    expect(console.err).toMatch(resource);
    expect(console.err).toContain('grantConnect');
    desk.expectClean(console);
  });

  it('is told when there are no credentials', async () => {
    delete process.env.AWS_ACCESS_KEY_ID;
    delete process.env.AWS_SECRET_ACCESS_KEY;
    const console = new Console();
    expect(await console.run(line(), [...CHILD, 'lasts'])).toBe(16);
    expect(console.err).toContain('aws sso login');
  });

  it('is told when another connector on this machine serves the tunnel', async () => {
    await rotator.deliver(tunnelId);
    const first = new Console();
    const code = first.run(line(), [...CHILD, 'lasts']);
    await first.shows('connected for');
    const second = new Console();
    expect(await second.run(line(), [...CHILD, 'lasts'])).toBe(14);
    expect(second.err).toContain(`process ${process.pid}`);
    first.signals.emit('SIGINT');
    await code;
    desk.expectClean(first);
  });
});
