import { once } from 'node:events';
import * as net from 'node:net';
import { OpenTunnelCommand, RotateTunnelAccessTokenCommand } from '@aws-sdk/client-iotsecuretunneling';
import { type Destination, connectDestination, connectSource, type Source } from '../../tunnel-protocol/peer';
import { startEchoDevice } from '../../demo/device';
import { freePort } from '../../demo/operator';
import { withCloud } from '../local-cloud/support';
import { exchange } from '../local-cloud/tunneling/stage';
import { OfficialProxy, WHERE_INSTALLED, withOfficialProxy } from '../support/official-proxy';

/** AWS's own local proxy judges ours: whatever it does not understand is wrong. */

const running = withCloud({ tls: true });
const begun: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of begun.splice(0).reverse()) await end();
});

type Version = '1.0' | '2.0' | '3.0';

async function openTunnel(services: readonly string[]) {
  const { tunnelId = '', sourceAccessToken = '', destinationAccessToken = '' } = await running.clients.tunnels.send(
    new OpenTunnelCommand(services.length > 0 ? { destinationConfig: { services: [...services] } } : {}));
  return { tunnelId, source: sourceAccessToken, destination: destinationAccessToken };
}

async function echo(): Promise<number> {
  const device = await startEchoDevice();
  begun.push(device.close);
  return device.port;
}

const link = (token: string, protocol: Version) => {
  const { tls, endpoint } = running.cloud;
  return { endpoint: endpoint.replace('http:', 'https:'), ca: tls!.ca, token, protocol };
};

/** Ours at the source, the official one at the destination. */
async function toOfficial(protocol: Version, services: readonly string[], ...args: string[]): Promise<Source & { readonly tunnelId: string }> {
  const tunnel = await openTunnel(services);
  const port = await echo();
  const official = OfficialProxy.start(running.cloud, tunnel.destination, ['-d', services.map((name) => `${name}=127.0.0.1:${port}`).join(',') || `127.0.0.1:${port}`, ...args]);
  begun.push(() => official.stop());
  await official.says('Waiting for stream start');
  const source = await connectSource(link(tunnel.source, protocol));
  begun.push(() => source.close());
  return { ...source, tunnelId: tunnel.tunnelId };
}

/** The official one at the source, ours at the destination. Resolves with the official one's port. */
async function fromOfficial(protocol: Version, services: readonly string[], ...args: string[]): Promise<number> {
  const tunnel = await openTunnel(services);
  const port = await echo();
  const targets = Object.fromEntries((services.length > 0 ? services : ['']).map((name) => [name, { port }]));
  const destination: Destination = await connectDestination({ ...link(tunnel.destination, protocol), targets });
  begun.push(() => destination.close());
  const listen = await freePort();
  const official = OfficialProxy.start(running.cloud, tunnel.source, ['-s', services[0] ? `${services[0]}=${listen}` : String(listen), ...args]);
  begun.push(() => official.stop());
  await official.says(/[Ll]istening for new connection on port/);
  return listen;
}

/**
 * One connection after the other, each closed by the source.
 * @param resets so many may be reset by a port that is just being opened anew; they are made again
 */
async function turns(times: number, open: () => Promise<NodeJS.ReadWriteStream> | NodeJS.ReadWriteStream, resets = 0): Promise<string[]> {
  const heard: string[] = [];
  for (let turn = 0; turn < times; turn++) {
    try {
      const stream = await open() as net.Socket;
      heard.push(await exchange(stream, `turn ${turn}`));
      stream.end();
      stream.resume();
      await once(stream, 'close');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET' || resets-- <= 0) throw error;
      if (heard.length <= turn) turn -= 1;
    }
  }
  return heard;
}

const TURNS = Array.from({ length: 6 }, (_, turn) => `turn ${turn}`);

/** In the modes for older destinations the official source opens its port anew after each connection. */
async function dial(port: number): Promise<net.Socket> {
  for (;;) {
    const socket = net.connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

describe('GIVEN the official destination', () => {
  withOfficialProxy(`WHEN connections come in strict turns THEN each goes through${WHERE_INSTALLED}`, async () => {
    const source = await toOfficial('3.0', ['SSH']);
    expect(await turns(TURNS.length, () => source.openStream())).toEqual(TURNS);
  });

  withOfficialProxy(`WHEN many connections of two services come at once THEN each goes through, and again after all are closed${WHERE_INSTALLED}`, async () => {
    const source = await toOfficial('3.0', ['SSH', 'WEB']);
    for (const round of ['a', 'b']) {
      const streams = Array.from({ length: 12 }, (_, index) => source.openStream(index % 2 ? 'SSH' : 'WEB'));
      const texts = streams.map((_, index) => `${round} ${index}`);
      expect(await Promise.all(streams.map((stream, index) => exchange(stream, texts[index])))).toEqual(texts);
      for (const stream of streams) stream.end().resume();
      await Promise.all(streams.map((stream) => once(stream, 'close')));
    }
  });

  withOfficialProxy(`WHEN the source is replaced THEN the next one's connections go through${WHERE_INSTALLED}`, async () => {
    const source = await toOfficial('3.0', ['SSH']);
    expect(await turns(2, () => source.openStream())).toEqual(TURNS.slice(0, 2));
    const standing = source.openStream();
    await exchange(standing, 'standing');
    source.cut();
    const { sourceAccessToken = '' } = await running.clients.tunnels.send(
      new RotateTunnelAccessTokenCommand({ tunnelId: source.tunnelId, clientMode: 'SOURCE' }));
    const next = await connectSource(link(sourceAccessToken, '3.0'));
    begun.push(() => next.close());
    expect(await turns(3, () => next.openStream())).toEqual(TURNS.slice(0, 3));
  });

  withOfficialProxy(`WHEN the device is replaced THEN the first connection to its successor goes through${WHERE_INSTALLED}`, async () => {
    const source = await toOfficial('3.0', ['SSH']);
    expect(await turns(2, () => source.openStream())).toEqual(TURNS.slice(0, 2));
    const { destinationAccessToken = '' } = await running.clients.tunnels.send(
      new RotateTunnelAccessTokenCommand({ tunnelId: source.tunnelId, clientMode: 'DESTINATION' }));
    const successor = OfficialProxy.start(running.cloud, destinationAccessToken, ['-d', `SSH=127.0.0.1:${await echo()}`]);
    begun.push(() => successor.stop());
    await successor.says('Waiting for stream start');
    expect(await turns(3, () => source.openStream())).toEqual(TURNS.slice(0, 3));
  });

  withOfficialProxy(`WHEN a source of 2.0 comes in strict turns THEN each goes through${WHERE_INSTALLED}`, async () => {
    const source = await toOfficial('2.0', ['SSH']);
    expect(await turns(TURNS.length, () => source.openStream())).toEqual(TURNS);
  });

  withOfficialProxy(`WHEN a source of 2.0 replaces a connection that stands THEN the new one goes through${WHERE_INSTALLED}`, async () => {
    const source = await toOfficial('2.0', ['SSH']);
    const first = source.openStream();
    await exchange(first, 'first');
    expect(await exchange(source.openStream(), 'second')).toBe('second');
    expect(first.destroyed || first.writableEnded).toBe(true);
  });

  withOfficialProxy(`WHEN a source of 1.0 comes to a tunnel without services THEN each connection goes through${WHERE_INSTALLED}`, async () => {
    const source = await toOfficial('1.0', []);
    expect(await turns(TURNS.length, () => source.openStream())).toEqual(TURNS);
  });
});

describe('GIVEN the official source', () => {
  withOfficialProxy.each<[Version, string[], string[]]>([
    ['3.0', ['SSH'], []], ['3.0', ['SSH'], ['-y', 'V2']], ['2.0', ['SSH'], ['-y', 'V2']], ['1.0', ['SSH'], ['-y', 'V1']], ['3.0', [], ['-y', 'V1']],
  ])(`WHEN it talks to our destination of %s (services %j, arguments %j) THEN each connection goes through${WHERE_INSTALLED}`, async (protocol, services, args) => {
    const port = await fromOfficial(protocol, services, ...args);
    expect(await turns(TURNS.length, () => dial(port), args.length > 0 ? 3 : 0)).toEqual(TURNS);
  });

  withOfficialProxy(`WHEN it opens connections at once THEN each goes through${WHERE_INSTALLED}`, async () => {
    const port = await fromOfficial('3.0', ['SSH']);
    const sockets = await Promise.all(Array.from({ length: 10 }, () => dial(port)));
    expect(await Promise.all(sockets.map((socket, index) => exchange(socket, `at once ${index}`)))).toEqual(sockets.map((_, index) => `at once ${index}`));
    for (const socket of sockets) socket.destroy();
  });
});
