import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { startEchoDevice } from '../../demo/device';
import { freePort } from '../../demo/operator';
import { length } from '../support/length';
import { OfficialProxy, WHERE_INSTALLED, withOfficialProxy } from '../support/official-proxy';
import { until } from '../support/until';
import { exchange } from './tunneling/stage';
import { withCloud } from './support';

/** AWS's own local proxy, unmodified, at both ends of a tunnel of the local cloud, over TLS and under the bandwidth that AWS allows. */

const running = withCloud({ tls: true });
const begun: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of begun.splice(0).reverse()) await end();
});

interface Pair {
  readonly tunnelId: string;
  /** Ports at the source, by service. */
  readonly ports: Readonly<Record<string, number>>;
  readonly source: OfficialProxy;
}

/** @param devices ports at the destination, by service */
async function connectPair(devices: Readonly<Record<string, number>>): Promise<Pair> {
  const services = Object.keys(devices);
  const { tunnelId = '', sourceAccessToken = '', destinationAccessToken = '' } = await running.clients.tunnels.send(
    new OpenTunnelCommand({ destinationConfig: { services } }));
  const ports: Record<string, number> = {};
  for (const service of services) ports[service] = await freePort();
  const start = async (token: string, args: readonly string[], ...ready: readonly (string | RegExp)[]) => {
    // With a client token it comes back by itself after a cut.
    const proxy = OfficialProxy.start(running.cloud, token, [...args, '-i', randomBytes(20).toString('hex')]);
    begun.push(() => proxy.stop());
    for (const line of ready) await proxy.says(line);
    return proxy;
  };
  await start(destinationAccessToken, ['-d', services.map((name) => `${name}=127.0.0.1:${devices[name]}`).join(',')], 'Waiting for stream start');
  const source = await start(sourceAccessToken, ['-s', services.map((name) => `${name}=${ports[name]}`).join(',')], ...Object.values(ports).map((port) => new RegExp(`[Ll]istening for new connection on port ${port}\\b`)));
  return { tunnelId, ports, source };
}

async function device(): Promise<number> {
  const { port, close } = await startEchoDevice();
  begun.push(close);
  return port;
}

/** Somebody listens there. */
async function opened(port: number): Promise<void> {
  await until(async () => {
    const socket = net.connect(port, '127.0.0.1');
    const open = await once(socket, 'connect').then(() => true, () => false);
    socket.destroy();
    return open;
  }, `port ${port} is open`);
}

/** It says that it listens a moment before it does. */
async function dial(port: number): Promise<net.Socket> {
  for (;;) {
    const socket = net.connect(port, '127.0.0.1');
    begun.push(() => socket.destroy());
    const failure = await once(socket, 'connect').then(() => undefined, (error: NodeJS.ErrnoException) => error);
    if (!failure) return socket.on('error', () => undefined);
    if (failure.code !== 'ECONNREFUSED') throw failure;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Sends random bytes and says whether the same ones came back. */
async function comesBack(port: number, total: number): Promise<boolean> {
  return echoes(await dial(port), total);
}

async function echoes(socket: net.Socket, total: number): Promise<boolean> {
  const sent = randomBytes(total);
  const heard = createHash('sha256');
  let count = 0;
  const all = new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk) => {
      heard.update(chunk);
      count += chunk.length;
      if (count >= total) resolve();
    });
    socket.once('close', () => reject(new Error(`the connection ended after ${count} of ${total} bytes`)));
  });
  socket.write(sent);
  await all;
  return heard.digest('hex') === createHash('sha256').update(sent).digest('hex');
}

const BULK = length(2, 20) * 1_000_000;
const TURNS = length(25, 100);
const CUTS = length(5, 40);

withOfficialProxy(`${BULK / 1e6} MB go there and come back, byte for byte${WHERE_INSTALLED}`, async () => {
  const { ports } = await connectPair({ SSH: await device() });
  expect(await comesBack(ports.SSH, BULK)).toBe(true);
});

withOfficialProxy(`eight connections at once, and ${TURNS} in turn, all go through${WHERE_INSTALLED}`, async () => {
  const { ports } = await connectPair({ SSH: await device() });
  const say = async (text: string) => {
    const socket = await dial(ports.SSH);
    const heard = await exchange(socket, text);
    socket.destroy();
    return heard;
  };
  const texts = Array.from({ length: 8 }, (_, index) => `at once ${index}`);
  expect(await Promise.all(texts.map(say))).toEqual(texts);
  for (let turn = 0; turn < TURNS; turn += 1) expect(await say(`turn ${turn}`)).toBe(`turn ${turn}`);
});

/**
 * It listens with a backlog of 0. Whoever dials while another still waits to be accepted looks connected, and Linux resets him as soon as he
 * sends more than a little: it does the same to a bare server with `listen(0)`, so each is accepted here before the next one dials.
 */
withOfficialProxy(`eight connections carry 50 kB each at once, byte for byte${WHERE_INSTALLED}`, async () => {
  const { ports, source } = await connectPair({ SSH: await device() });
  const sockets: net.Socket[] = [];
  for (let index = 1; index <= 8; index += 1) {
    sockets.push(await dial(ports.SSH));
    await source.says(`creating tcp connection id ${index}\n`);
  }
  expect(await Promise.all(sockets.map((socket) => echoes(socket, 50_000)))).toEqual(sockets.map(() => true));
});

withOfficialProxy(`three services do not mix${WHERE_INSTALLED}`, async () => {
  const names = ['SSH', 'WEB', 'RDP'];
  const devices: Record<string, number> = {};
  for (const name of names) {
    const server = net.createServer((socket) => socket.on('error', () => socket.destroy()).on('data', (asked) => socket.write(`${name} hears ${String(asked)}`)));
    begun.push(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    devices[name] = (server.address() as net.AddressInfo).port;
  }
  const { ports } = await connectPair(devices);
  const sockets = await Promise.all(names.map((name) => dial(ports[name])));
  const answers = sockets.map(async (socket) => String((await once(socket, 'data'))[0]));
  for (const [index, socket] of sockets.entries()) socket.write(`question ${index}`);
  expect(await Promise.all(answers)).toEqual(names.map((name, index) => `${name} hears question ${index}`));
});

withOfficialProxy(`${CUTS} times the source or the destination is cut, and comes back with its client token${WHERE_INSTALLED}`, async () => {
  const { tunnelId, ports } = await connectPair({ SSH: await device() });
  const { admin } = running.cloud.tunneling;
  for (let cut = 0; cut < CUTS; cut += 1) {
    const side = cut % 2 ? 'source' : 'destination';
    const before = admin.tunnel(tunnelId)[side].connection;
    admin.cut(tunnelId, side);
    await until(() => ![undefined, before].includes(admin.tunnel(tunnelId)[side].connection), `the ${side} is back`);
    await until(() => works(ports.SSH, `after cut ${cut}`), 'bytes go through again');
  }
});

/** A port that is just being opened anew may refuse, or swallow what it gets. */
async function works(port: number, text: string): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1').on('error', () => undefined);
  const heard = await Promise.race([exchange(socket, text).catch(() => ''), once(socket, 'close').then(() => '', () => ''), new Promise<string>((resolve) => setTimeout(resolve, 2_000, ''))]);
  socket.destroy();
  return heard === text;
}

const SSHD = ((): string | undefined => {
  try {
    return execFileSync('sh', ['-c', 'PATH=$PATH:/usr/sbin; command -v scp > /dev/null && command -v sshd'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
})();

(SSHD ? withOfficialProxy : it.skip)(`scp copies a file through it${SSHD ? WHERE_INSTALLED : ': sshd is not installed'}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'official-scp-'));
  begun.push(() => rmSync(folder, { recursive: true }));
  for (const key of ['host', 'user']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
  const port = await freePort();
  const sshd = spawn(SSHD!, [
    '-D', '-e', '-p', String(port), '-h', join(folder, 'host'), '-o', 'ListenAddress=127.0.0.1', '-o', `AuthorizedKeysFile=${join(folder, 'user.pub')}`,
    '-o', 'StrictModes=no', '-o', 'UsePAM=no', '-o', 'PidFile=none', '-o', 'Subsystem=sftp internal-sftp', '-f', '/dev/null',
  ], { stdio: 'ignore' });
  begun.push(() => sshd.kill());
  await opened(port);
  const { ports } = await connectPair({ SSH: port });
  const [file, copy] = [join(folder, 'file'), join(folder, 'copy')];
  writeFileSync(file, randomBytes(500_000));

  const scp = spawn('scp', [
    '-q', '-o', 'ConnectTimeout=60', '-i', join(folder, 'user'), '-P', String(ports.SSH), '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', file, `127.0.0.1:${copy}`,
  ], { stdio: ['ignore', 'ignore', 'inherit'] });

  expect(await once(scp, 'exit')).toEqual([0, null]);
  expect(readFileSync(copy).equals(readFileSync(file))).toBe(true);
});
