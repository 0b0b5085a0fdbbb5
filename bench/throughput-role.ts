import { once } from 'node:events';
import * as net from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import type { RunningCloud } from '../local-cloud/running-cloud';
import { connectDestination, connectSource } from '../tunnel-protocol/peer';

/** One process of the bench: it gets its role, says where it can be reached, and then tells what it has cost whenever it is asked. */
export type Role =
  | { readonly role: 'sink' }
  | { readonly role: 'relay'; readonly to: number }
  /** `cloud` is the folder of the package that ships. */
  | { readonly role: 'cloud'; readonly package: string }
  | { readonly role: 'source'; readonly endpoint: string; readonly token: string }
  | { readonly role: 'destination'; readonly endpoint: string; readonly token: string; readonly to: number };

/** Where a role can be reached. */
export interface Reached {
  readonly port?: number;
  readonly endpoint?: string;
  readonly tokens?: { readonly source: string; readonly destination: string };
}

/** What a process has used since it began. */
export interface Spent {
  /** Seconds. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
  /** Bytes that came to a sink. */
  readonly received: number;
}

const SERVICE = 'SSH';
let received = 0;

async function begin(role: Role): Promise<Reached> {
  switch (role.role) {
    case 'sink': return listen((socket) => { socket.on('data', ({ length }) => { received += length; }); });
    case 'relay': return listen((socket) => {
      const onward = net.connect(role.to, '127.0.0.1');
      pipeline(socket, onward, socket, () => undefined);
    });
    case 'cloud': return beginCloud(role.package);
    case 'source': return { port: await (await connectSource(role)).listen() };
    case 'destination': {
      await connectDestination({ ...role, targets: { [SERVICE]: { port: role.to } } });
      return {};
    }
  }
}

async function beginCloud(folder: string): Promise<Reached> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- what ships, not its source
  const { startLocalCloud } = require(join(folder)) as { startLocalCloud(options: object): Promise<RunningCloud> };
  const { endpoint } = await startLocalCloud({ tunneling: { bandwidthBytesPerSecond: Infinity } });
  const response = await fetch(endpoint, {
    method: 'POST', body: JSON.stringify({ destinationConfig: { services: [SERVICE] } }),
    headers: { 'x-amz-target': 'IoTSecuredTunneling.OpenTunnel', 'authorization': 'AWS4-HMAC-SHA256 Credential=LOCALUSER/20260101/eu-west-1/x/aws4_request' },
  });
  const { sourceAccessToken: source, destinationAccessToken: destination } = await response.json() as Record<string, string>;
  return { endpoint, tokens: { source, destination } };
}

async function listen(onSocket: (socket: net.Socket) => void): Promise<Reached> {
  const server = net.createServer((socket) => onSocket(socket.on('error', () => socket.destroy()))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as net.AddressInfo).port };
}

process.once('message', (role: Role) => {
  void begin(role).then((reached) => {
    process.send!(reached);
    process.on('message', () => {
      const { user, system } = process.cpuUsage();
      process.send!({ cpu: (user + system) / 1e6, memory: process.memoryUsage.rss(), received } satisfies Spent);
    });
  });
});
process.once('disconnect', () => process.exit());
