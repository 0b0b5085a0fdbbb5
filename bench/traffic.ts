import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { BuiltInProxy } from '../connector/proxy/built-in-proxy';
import { builtInProps } from '../connector/proxy/settings';
import { systemClock } from '../connector/session/clock';
import { Confidential } from '../lib/confidential';
import { startLocalCloud } from '../local-cloud/cloud';
import { connectDestination } from '../tunnel-protocol/peer';
import { type Effort, type Figure, median } from './figure';
import { SlowLine } from './slow-line';

const MB = 1_048_576;
/** What a client sends to say what it wants of the device. */
const WANTS = { bytes: 'b', echo: 'e' } as const;

/**
 * What the built-in proxy carries and how fast it answers, beside relays that copy bytes from socket to socket. A tunnel has three hops (the
 * proxy, the service, the device's proxy), so three relays in a row are its floor; all of it runs in one process, on one core.
 */
export async function traffic(effort: Effort, say: (line: string) => void): Promise<Figure[]> {
  const [bytes, rounds, turns] = effort === 'quick' ? [8 * MB, 3, 200] : [64 * MB, 7, 2_000];
  const device = await startDevice(bytes);
  const target = (device.address() as AddressInfo).port;
  const tunnel = await tunnelTo(target);
  const lines = [await SlowLine.to(target, 0)];
  while (lines.length < 3) lines.push(await SlowLine.to(lines.at(-1)!.port, 0));
  const ways = { tunnel: tunnel.port, relay: lines[0].port, relays: lines[2].port };
  const results: Record<'down' | 'turn', Record<keyof typeof ways, number[]>> = { down: record(), turn: record() };
  try {
    for (let round = 0; round <= rounds; round++) {
      say(`traffic, round ${round} of ${rounds}`);
      for (const way of Object.keys(ways) as (keyof typeof ways)[]) {
        const measured = { down: await download(ways[way], bytes), turn: await turnOf(ways[way], turns) };
        if (round === 0) continue; // everything is warm after it
        for (const [what, value] of Object.entries(measured)) results[what as keyof typeof results][way].push(value);
      }
    }
  } finally {
    await tunnel.close();
    for (const line of lines) line.close();
    device.close();
  }
  const figure = (what: keyof typeof results, title: string, unit: Figure['unit'], note: string): Figure => ({
    id: `traffic.${what}`, title, unit, value: median(results[what].tunnel), note,
    floor: { title: 'three plain TCP relays', value: median(results[what].relays) },
    rivals: [{ title: 'one plain TCP relay', value: median(results[what].relay) }],
  });
  return [
    figure('down', `${bytes / MB} MB from the device`, 'ms', `median of ${rounds}, in one connection`),
    figure('turn', 'a round trip of one byte', 'µs', `median of ${rounds} times ${turns}, one after the other`),
  ];
}

const record = () => ({ tunnel: [] as number[], relay: [] as number[], relays: [] as number[] });

/** Sends so many bytes, or says back what it hears: the first byte asks for it. */
async function startDevice(bytes: number): Promise<Server> {
  const chunk = Buffer.alloc(65_536);
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', (first: Buffer) => {
      if (first.toString('latin1', 0, 1) === WANTS.echo) {
        socket.write(first.subarray(1)); // a relay may put together what was sent apart
        return void socket.pipe(socket);
      }
      let left = bytes;
      const more = () => {
        while (left > 0) {
          left -= chunk.length;
          if (!socket.write(chunk)) return void socket.once('drain', more);
        }
      };
      more();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function dial(port: number, wants: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  socket.write(wants);
  return socket;
}

async function download(port: number, bytes: number): Promise<number> {
  const begun = performance.now();
  const socket = await dial(port, WANTS.bytes);
  let left = bytes;
  await new Promise<void>((resolve) => socket.on('data', (chunk: Buffer) => { if ((left -= chunk.length) <= 0) resolve(); }));
  socket.destroy();
  return performance.now() - begun;
}

/** Microseconds. */
async function turnOf(port: number, turns: number): Promise<number> {
  const socket = await dial(port, WANTS.echo);
  const times: number[] = [];
  for (let turn = 0; turn <= turns; turn++) {
    const begun = performance.now();
    const heard = once(socket, 'data');
    socket.write('.');
    await heard;
    if (turn > 0) times.push((performance.now() - begun) * 1_000);
  }
  socket.destroy();
  return median(times);
}

/** The built-in proxy, the local cloud without AWS's limit, and a device. */
async function tunnelTo(port: number): Promise<{ readonly port: number; close(): Promise<void> }> {
  const cloud = await startLocalCloud({ tunneling: { bandwidthBytesPerSecond: Infinity } });
  const { endpoint } = cloud;
  const client = new IoTSecureTunnelingClient({ endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } });
  const { sourceAccessToken = '', destinationAccessToken = '' } = await client.send(
    new OpenTunnelCommand({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } }));
  client.destroy();
  const destination = await connectDestination({ endpoint, token: destinationAccessToken, targets: { SSH: { port } } });
  const options = { services: ['SSH=0'], endpoint };
  const proxy = await BuiltInProxy.open(builtInProps(options, undefined, { region: 'eu-west-1', env: {}, clock: systemClock, random: Math.random }));
  const child = await new Promise<ReturnType<typeof proxy.launch>>((resolve) => {
    const deaf = { reconnecting: () => undefined, line: () => undefined };
    const launched = proxy.launch(new Confidential(sourceAccessToken), { ...deaf, connected: () => resolve(launched) });
  });
  return {
    port: proxy.mappings[0].port,
    async close() {
      child.kill();
      await child.ended;
      proxy.close();
      await destination.close();
      await cloud.close();
    },
  };
}
