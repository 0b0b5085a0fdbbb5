import type { Duplex } from 'node:stream';
import { expect } from 'expect';
import { connectDestination, connectSource, type Source } from '../../tunnel-protocol/peer';
import { exchange } from './waiting';
import { GUIDE, PROTOCOL, type Row, type Scene } from './row';

type Version = '1.0' | '2.0' | '3.0';

async function proxies(scene: Scene, sourceVersion: Version, destinationVersion: Version, services = ['SSH']): Promise<Source> {
  const tunnel = await scene.openTunnel(services.length > 0 ? { destinationConfig: { services } } : {});
  const { endpoint, echoPort } = scene;
  const targets = Object.fromEntries((services.length > 0 ? services : ['']).map((service) => [service, { port: echoPort }]));
  await connectDestination({ endpoint, token: tunnel.destination, targets, protocol: destinationVersion });
  return connectSource({ endpoint, token: tunnel.source, protocol: sourceVersion });
}

/** Resolves when the stream is over; whatever it still holds is thrown away. */
async function ended(stream: Duplex): Promise<void> {
  stream.resume();
  if (!stream.destroyed) await new Promise((resolve) => stream.once('close', resolve));
}

/** One stream after the other goes through, whatever versions the two proxies speak. */
function interoperable(source: Version, destination: Version, guide: 1 | 2 | 3, services = ['SSH']): Row {
  const where = services.length > 0 ? '' : ' in a tunnel without services';
  return {
    id: `versions-${source}-${destination}`, rule: `A source of protocol ${source} and a destination of protocol ${destination} understand each other${where}`,
    source: PROTOCOL(guide), checkedBy: 'local proxies',
    async check(scene) {
      const proxy = await proxies(scene, source, destination, services);
      for (const text of ['first', 'second']) {
        const stream = proxy.openStream();
        expect(await exchange(stream, text)).toBe(text);
        stream.end();
        await ended(stream);
      }
    },
  };
}

export const STREAMS: readonly Row[] = [
  interoperable('1.0', '1.0', 1),
  interoperable('2.0', '2.0', 2),
  interoperable('3.0', '3.0', 3),
  interoperable('1.0', '2.0', 2, []),
  interoperable('2.0', '1.0', 2),
  interoperable('2.0', '3.0', 3),
  interoperable('3.0', '2.0', 3),
  interoperable('1.0', '3.0', 3, []),
  interoperable('3.0', '1.0', 3),
  {
    id: 'multiplexing', rule: 'Several services share a tunnel, and their streams do not mix', source: `${GUIDE}multiplexing.html`, checkedBy: 'local proxies',
    async check(scene) {
      for (const version of ['2.0', '3.0'] as const) {
        const services = ['SSH', 'RDP', 'WEB'];
        const source = await proxies(scene, version, version, services);
        const streams = services.map((service) => source.openStream(service));
        const heard = await Promise.all(streams.map((stream, index) => exchange(stream, services[index].repeat(1_000))));
        expect(heard.map((text, index) => text === services[index].repeat(1_000))).toEqual([true, true, true]);
      }
    },
  },
  {
    id: 'simultaneous', rule: 'In protocol 3.0 a stream carries many TCP connections at a time; one that ends leaves the others alone',
    source: `${GUIDE}multiplexing-simultaneous-tcp.html`, checkedBy: 'local proxies',
    async check(scene) {
      const source = await proxies(scene, '3.0', '3.0');
      const streams = Array.from({ length: 10 }, () => source.openStream());
      expect(await Promise.all(streams.map((stream, index) => exchange(stream, `connection ${index}`)))).toHaveLength(10);
      streams[0].end();
      await ended(streams[0]);
      for (const [index, stream] of streams.slice(1).entries()) expect(await exchange(stream, `still ${index}`)).toBe(`still ${index}`);
    },
  },
  {
    id: 'single-connection', rule: 'In protocol 2.0 a new stream of a service takes the place of the old one', source: PROTOCOL(2), checkedBy: 'local proxies',
    async check(scene) {
      const source = await proxies(scene, '2.0', '2.0');
      const [first, second] = [source.openStream(), source.openStream()];
      await ended(first);
      expect(await exchange(second, 'second')).toBe('second');
    },
  },
  {
    id: 'target-refuses', rule: 'If the destination cannot connect to its service, the source hears that the stream ended',
    source: PROTOCOL(3), checkedBy: 'local proxies',
    async check(scene) {
      for (const version of ['2.0', '3.0'] as const) {
        const tunnel = await scene.openTunnel();
        // Port 1 refuses: nothing listens there.
        await connectDestination({ endpoint: scene.endpoint, token: tunnel.destination, targets: { SSH: { port: 1 } }, protocol: version });
        const source = await connectSource({ endpoint: scene.endpoint, token: tunnel.source, protocol: version });
        const stream = source.openStream();
        await ended(stream);
      }
    },
  },
];
