import { join } from 'node:path';
import { OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import type { LocalCloud } from '../../local-cloud/cloud';
import { connect, type ConnectOptions } from '../../connector/connect';
import { States } from '../../connector/session/states';
import type { State } from '../../connector/session/vocabulary';
import { CHILD, Desk } from './support/desk';
import { PREFIX } from './support/stub-rotator';

const QUICK = { first: 1, factor: 1, longest: 1 };
let desk: Desk;
let directory: string;
let cloud: LocalCloud;
let tunnelId: string;

beforeAll(async () => {
  desk = await Desk.begin();
  ({ cloud, directory } = desk);
  tunnelId = (await desk.tunneling.send(new OpenTunnelCommand({}))).tunnelId!;
});

afterAll(async () => {
  await desk.end();
});

const options = (more: Partial<ConnectOptions> = {}): ConnectOptions => ({
  tunnelId, secretPrefix: PREFIX, command: [...CHILD, 'lasts'], footprints: join(directory, 'footprints'), ...more,
});

describe('connect', () => {
  it('is over when its reader leaves the loop', async () => {
    const connection = connect(options());
    const seen: string[] = [];
    for await (const { state } of connection) {
      seen.push(state);
      if (state === 'connected') break;
    }
    expect(seen).toEqual(['waiting', 'starting', 'connected']);
    expect((await connection.ended).name).toBe('stopped');
  });

  it('needs no reader', async () => {
    const connection = connect(options());
    expect((await connection.stop()).name).toBe('stopped');
  });

  it('tells a reader who comes late what happened, up to the end', async () => {
    const connection = connect(options({ command: ['no-such-command-anywhere'] }));
    expect((await connection.ended).name).toBe('command-not-started');
    const seen: State[] = [];
    for await (const state of connection) seen.push(state);
    expect(seen.at(-1)).toMatchObject({ state: 'ended', ending: { exitCode: 18 } });
  });

  it('ends at once when it is killed', async () => {
    const connection = connect(options({ command: [...CHILD, 'stubborn'], stopGrace: 600_000 }));
    for await (const { state } of connection) {
      if (state !== 'connected') continue;
      expect((await connection.kill()).name).toBe('killed');
    }
  });

  it('takes what OpenTunnel returned, and never shows it', async () => {
    const news: string[] = [];
    const connection = connect(options({
      command: [...CHILD, 'babbles'], firstToken: 'LOCALCAT-first-token', log: (_, message) => news.push(message), policy: { restart: QUICK },
    }));
    const states: State[] = [];
    for await (const state of connection) {
      states.push(state);
      if (state.state === 'waiting') break;
    }
    expect(news.join().includes('[source token]')).toBe(true);
    expect((news.join() + JSON.stringify(states)).includes('LOCALCAT')).toBe(false);
  });

  it('says that AWS is out of reach, if it is from the start', async () => {
    process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:9';
    const { name, details } = await connect(options({ policy: { retry: QUICK } })).ended;
    process.env.AWS_ENDPOINT_URL = cloud.endpoint;
    expect(name).toBe('unreachable');
    expect(details.join()).toContain('iot:DescribeTunnel failed');
  });

  it.each<[Partial<ConnectOptions>, string]>([
    [{ tunnelId: 'no tunnel' }, 'tunnel id'],
    [{ command: [] }, 'no port to listen on'],
    [{ command: ['true'], proxy: { services: ['SSH=5555'] } }, 'go with the built-in proxy'],
    [{ command: [], proxy: { services: ['SSH=5555', 'SSH=5556'] } }, 'SSH twice'],
  ])('refuses what cannot be right: %j', (wrong, message) => {
    expect(() => connect(options(wrong))).toThrow(expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(message) }));
  });
});

describe('states that nobody reads', () => {
  it('do not pile up; the newest are kept', async () => {
    const states = new States();
    const state = (at: number): State => ({ state: 'checking', tunnelId, at, drops: at });
    for (let at = 0; at < 1_000; at++) states.push(state(at));
    const reader = states.read(async () => undefined);
    expect((await reader.next()).value).toEqual(state(900));
  });
});
