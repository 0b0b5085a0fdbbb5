import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { State } from '../../connector/session/vocabulary';
import { startEchoDevice } from '../../demo/device';
import { AdjustableClock } from '../../local-cloud/clock';
import { type LocalCloud, startLocalCloud } from '../../local-cloud/cloud';
import { connectDestination, type Destination } from '../../tunnel-protocol/peer';
import { bundle } from './support/bundle';
import { freePort } from './support/operator';

/** The command that ships, on a cloud whose twelve hours pass in a moment, and so do the command's own. */
const HOUR = 3_600_000;

let directory: string;
let cloud: LocalCloud;
let echo: Awaited<ReturnType<typeof startEchoDevice>>;
let destinations: Promise<Destination>[];
let program: ChildProcess;
let printed: string;
let news: string;
let heard: () => void;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tunnel-source-reopen-'));
  cloud = await startLocalCloud({ clock: new AdjustableClock() });
  echo = await startEchoDevice();
  destinations = [];
  // A device takes each tunnel that it hears of.
  cloud.broker.subscribe('$aws/things/pump-7/tunnels/notify', ({ payload }) => {
    const { clientAccessToken: token } = JSON.parse(payload.toString()) as { clientAccessToken: string };
    destinations.push(connectDestination({ endpoint: cloud.endpoint, token, targets: { SSH: { port: echo.port } } }));
  });
});

afterAll(async () => {
  program?.kill('SIGKILL');
  for (const destination of destinations) await (await destination).close();
  echo.close();
  await cloud.close();
  rmSync(directory, { recursive: true });
});

function start(...args: string[]): void {
  printed = '';
  news = '';
  heard = () => undefined;
  program = spawn(process.execPath, ['--require', join(__dirname, 'support', 'leap.cjs'), bundle('tunnel-source', directory), ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...process.env, ...cloud.env, XDG_RUNTIME_DIR: directory, AWS_EC2_METADATA_DISABLED: 'true' },
  });
  program.stderr!.setEncoding('utf8').on('data', (text: string) => { news += text; });
  program.stdout!.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    heard();
  });
  program.once('close', () => heard());
}

/** Resolves as soon as such a state was printed. */
async function shows(condition: (state: State) => boolean): Promise<State> {
  for (;;) {
    const states = printed.split('\n').slice(0, -1).filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as State);
    const found = states.find(condition);
    if (found) return found;
    if (program.exitCode !== null) throw new Error(`the program ended: ${news}`);
    await new Promise<void>((resolve) => { heard = resolve; });
  }
}

async function pass(milliseconds: number): Promise<void> {
  await cloud.advance(milliseconds);
  program.send(milliseconds);
}

async function talk(port: number, text: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  socket.write(text);
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return String(answer);
}

test('GIVEN --reopen WHEN the twelve hours of its tunnel end THEN the session goes on in the next one, on the same port', async () => {
  const port = await freePort();
  start('--thing', 'pump-7', '--open-tunnel', '--reopen', '--keep', '--prefix', 'p', '-s', `SSH=${port}`, '--json');
  const { tunnelId: first } = await shows(({ state }) => state === 'connected');
  expect(await talk(port, 'in the first')).toBe('in the first');

  await pass(11 * HOUR);
  await pass(0.98 * HOUR);
  const { tunnelId: second } = await shows(({ state, tunnelId }) => state === 'connected' && tunnelId !== first);
  expect(await talk(port, 'in the second')).toBe('in the second');

  await pass(HOUR);
  expect(cloud.tunneling.admin.tunnel(first).status).toBe('CLOSED');
  expect(await talk(port, 'still in the second')).toBe('still in the second');

  program.kill('SIGINT');
  expect(await once(program, 'close')).toEqual([0, null]);
  expect(cloud.tunneling.admin.tunnels().map(({ tunnelId }) => tunnelId)).toEqual([first, second]);
  expect(news).toContain(`Going on with the tunnel ${second}.`);
  expect((printed + news).includes('LOCALCAT')).toBe(false);
});
