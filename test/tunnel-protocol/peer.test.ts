import * as net from 'node:net';
import { MessageType } from '../../tunnel-protocol/frames';
import { connectDestination, connectSource, LinkFailedError, type Source, type TunnelStream, UpgradeRefusedError } from '../../tunnel-protocol/peer';
import { Scene, type OpenedTunnel } from '../local-cloud/tunneling/scene';
import { exchange } from '../local-cloud/tunneling/stage';
import { until } from '../support/until';

const MB = 1_048_576;

let scene: Scene;
let tunnel: OpenedTunnel;
let endpoint: string;
beforeEach(async () => {
  scene = await Scene.open();
  tunnel = await scene.openTunnel();
  endpoint = scene.stage.endpoint;
});
afterEach(() => scene.stage.close());

const device = (port = scene.stage.echoPort) => connectDestination({ endpoint, token: tunnel.destination, targets: { SSH: { port } } });
const rejection = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => undefined, (error: unknown) => error);

describe('connecting', () => {
  test('GIVEN a service that says no THEN the error carries its status and sentence, and no token', async () => {
    const error = await rejection(connectSource({ endpoint, token: tunnel.destination }));

    expect(error).toBeInstanceOf(UpgradeRefusedError);
    expect(error).toMatchObject({ status: 400, sentence: expect.stringContaining('local proxy mode') });
    expect(String((error as Error).stack).includes('LOCALCAT')).toBe(false);
  });

  test('GIVEN nobody listens THEN the error says so, and names the cause', async () => {
    const error = await rejection(connectSource({ endpoint: 'http://127.0.0.1:1', token: tunnel.source }));

    expect(error).toBeInstanceOf(LinkFailedError);
    expect((error as Error).cause).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('GIVEN the same client token WHEN a source comes back with its old access token THEN it is let in', async () => {
    const clientToken = 'a'.repeat(32);
    const first = await connectSource({ endpoint, token: tunnel.source, clientToken });
    first.cut();
    await first.closed;

    const second = await connectSource({ endpoint, token: tunnel.source, clientToken });

    expect(second.services).toEqual(['SSH']);
  });
});

describe('a source', () => {
  test('GIVEN a listening source WHEN TCP clients connect THEN each has a stream of its own', async () => {
    await device();
    const source = await connectSource({ endpoint, token: tunnel.source });
    const port = await source.listen();

    const clients = [net.connect(port, '127.0.0.1'), net.connect(port, '127.0.0.1')];
    expect(await Promise.all(clients.map((client, index) => exchange(client, `client ${index}`)))).toEqual(['client 0', 'client 1']);
    for (const client of clients) client.destroy();
    await source.close();

    expect(await rejection(new Promise((resolve, reject) => net.connect(port, '127.0.0.1', () => resolve(undefined)).once('error', reject)))).toBeDefined();
  });

  test.each(['cut', 'close'] as const)('WHEN it leaves by %s THEN its streams end without an error', async (how) => {
    await device();
    const source = await connectSource({ endpoint, token: tunnel.source });
    const stream = source.openStream();
    await exchange(stream, 'hello');
    stream.resume();

    const over = new Promise((resolve) => stream.once('close', () => resolve(stream.errored)));
    await source[how]();

    expect((await source.closed).code).toBe(how === 'cut' ? 1006 : 1000);
    expect(await over).toBeNull();
  });

  describe('GIVEN a device that was replaced a moment ago', () => {
    let source: Source;
    let first: TunnelStream;
    beforeEach(async () => {
      const former = await device();
      source = await connectSource({ endpoint, token: tunnel.source });
      first = source.openStream();
      await exchange(first, 'hello');
      tunnel = { ...tunnel, destination: (await scene.rotate(tunnel.tunnelId, 'DESTINATION')).destinationAccessToken! };
      await former.closed;
    });
    const ended = (stream: TunnelStream) => new Promise((resolve) => stream.resume().once('close', resolve));

    test('WHEN no connection stood THEN the next one goes through, though the news of it is on its way still', async () => {
      first.end();
      await ended(first);
      await device();
      expect(await exchange(source.openStream(), 'next')).toBe('next');
    });

    test('WHEN one stood THEN it ends, and so does what joined it before the news came; the next one goes through', async () => {
      const over = ended(first);
      await device();
      await Promise.all([over, ended(source.openStream())]);
      expect(await exchange(source.openStream(), 'next')).toBe('next');
    });

    test('WHEN one was opened while it was away THEN that ends, and the next one goes through', async () => {
      const lost = ended(source.openStream());
      await device();
      await lost;
      expect(await exchange(source.openStream(), 'next')).toBe('next');
    });
  });

  test('GIVEN bytes of a connection that was reset WHEN they arrive late THEN they are ignored', async () => {
    const raw = await scene.connect('destination', tunnel.destination);
    await raw.next();
    const source = await connectSource({ endpoint, token: tunnel.source });
    const stream = source.openStream();
    const { streamId, serviceId, connectionId } = await raw.next();
    const closed = new Promise((resolve) => stream.once('close', resolve));

    const address = { streamId, serviceId, connectionId };
    raw.send({ type: MessageType.CONNECTION_RESET, ...address }, { type: MessageType.DATA, ...address, payload: Buffer.from('late') });
    stream.resume();
    await closed;

    expect(stream.errored).toBeNull();
  });
});

describe('a destination', () => {
  test('GIVEN its source is replaced again and again THEN it serves each of them', async () => {
    await device();
    let token = tunnel.source;
    for (let round = 0; round < 5; round += 1) {
      const source = await connectSource({ endpoint, token });
      const streams = [source.openStream(), source.openStream()];
      expect(await Promise.all(streams.map((stream) => exchange(stream, `round ${round}`)))).toEqual(Array(2).fill(`round ${round}`));
      source.cut();
      token = (await scene.rotate(tunnel.tunnelId, 'SOURCE')).sourceAccessToken!;
    }
  });

  test('GIVEN nobody reads a stream WHEN the device goes on sending THEN the device is held back', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(65_536);
    const flood = net.createServer((socket) => {
      const more = () => {
        while (sent < 200 * MB && !socket.destroyed) {
          sent += chunk.length;
          if (!socket.write(chunk)) return;
        }
      };
      socket.on('error', () => socket.destroy()).on('drain', more);
      more();
    });
    await new Promise<void>((resolve) => flood.listen(0, '127.0.0.1', resolve));
    try {
      await device((flood.address() as net.AddressInfo).port);
      const source = await connectSource({ endpoint, token: tunnel.source });
      source.openStream();

      // Stuck: nothing more goes out for a while. Otherwise the flood ends by itself, and fails the test.
      let seen = -1;
      let since = Date.now();
      await until(() => {
        if (sent !== seen) [seen, since] = [sent, Date.now()];
        return sent > 0 && Date.now() - since > 500;
      }, 'the device is stuck');
      expect(sent).toBeLessThan(60 * MB);
    } finally {
      flood.close();
    }
  });
});
