import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MessageType } from '../../../tunnel-protocol/frames';
import { connectDestination, connectSource } from '../../../tunnel-protocol/peer';
import type { RawClient } from '../../../local-cloud/conformance/raw-client';
import { until } from '../../support/until';
import { Scene } from './scene';

const MB = 1_048_576;

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
  scene.stage.tunneling.behaviour.bandwidthBytesPerSecond = Infinity;
});
afterEach(() => scene.stage.close());

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes in buffers that somebody still holds: service, proxies, echo device and this test together. */
function heldInBuffers(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** The highest values seen when `look` was called: what rose in all buffers, and what waited in the service. */
function peaks() {
  const before = heldInBuffers();
  const peak = { held: 0, waiting: 0 };
  const look = () => {
    peak.held = Math.max(peak.held, heldInBuffers() - before);
    peak.waiting = Math.max(peak.waiting, waitingInService());
  };
  return { peak, look };
}

function waitingInService(): number {
  const [{ source, destination }] = scene.stage.tunneling.admin.tunnels();
  return (source.connection?.waiting ?? 0) + (destination.connection?.waiting ?? 0);
}

/** Writes random bytes as fast as they are taken, reads as many, and says whether the same came back. Tells of every megabyte read. */
async function sameComesBack(stream: Duplex, total: number, onMegabyte: () => void = () => undefined): Promise<boolean> {
  const block = randomBytes(65_536);
  const [sent, received] = [createHash('sha256'), createHash('sha256')];
  const writing = (async () => {
    for (let written = 0; written < total; written += block.length) {
      block.writeUInt32LE(written, 0);
      const chunk = Buffer.from(block);
      sent.update(chunk);
      if (!stream.write(chunk)) await new Promise((resolve) => stream.once('drain', resolve));
    }
  })();
  let count = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    received.update(chunk as Buffer);
    const megabytes = Math.floor(count / MB);
    count += (chunk as Buffer).length;
    if (Math.floor(count / MB) > megabytes) onMegabyte();
    if (count >= total) break;
  }
  await writing;
  stream.destroy();
  return count === total && sent.digest('hex') === received.digest('hex');
}

test('100 MB go through 20 multiplexed connections and come back, byte for byte, in bounded memory', async () => {
  const { source, destination } = await scene.openTunnel();
  await connectDestination({ endpoint: scene.stage.endpoint, token: destination, targets: { SSH: { port: scene.stage.echoPort } } });
  const proxy = await connectSource({ endpoint: scene.stage.endpoint, token: source });

  const { peak, look } = peaks();
  const same = await Promise.all(Array.from({ length: 20 }, () => sameComesBack(proxy.openStream(), 5 * MB, look)));

  expect(same).toEqual(Array(20).fill(true));
  // The service's share is small; the rest lies in four times twenty sockets of the proxies and the device.
  expect(peak.waiting).toBeLessThan(4 * MB);
  expect(peak.held).toBeLessThan(64 * MB);
});

describe('a slow reader', () => {
  const CHUNK = 64_000;
  const LIMIT = 200 * MB;
  let fast: RawClient;
  let slow: RawClient;

  beforeEach(async () => {
    const { source, destination } = await scene.openTunnel();
    fast = await scene.connect('source', source);
    slow = await scene.connect('destination', destination);
    await Promise.all([fast.next(), slow.next()]);
    fast.send({ type: MessageType.STREAM_START, streamId: 1, serviceId: 'SSH', connectionId: 1 });
    await slow.next();
  });

  const heldBack = () => scene.stage.tunneling.admin.tunnels()[0].source.connection?.heldBack ?? false;

  /** Sends numbered messages until the service reads no more of them; returns how many. */
  async function sendUntilStuck(): Promise<number> {
    for (let count = 0; count * CHUNK < LIMIT; count += 1) {
      if (heldBack()) return count;
      const payload = Buffer.alloc(CHUNK);
      payload.writeUInt32BE(count, 0);
      fast.send({ type: MessageType.DATA, streamId: 1, serviceId: 'SSH', connectionId: 1, payload });
      await until(() => fast.webSocket.bufferedAmount === 0 || heldBack(), 'the service takes it, or holds the source back');
    }
    throw new Error('the service never held the fast side back');
  }

  test('GIVEN a destination that stops reading WHEN the source goes on THEN it is held back, and nothing is lost', async () => {
    slow.webSocket.pause();
    const count = await sendUntilStuck();
    expect(waitingInService()).toBeLessThan(2 * MB);

    slow.webSocket.resume();
    for (let expected = 0; expected < count; expected += 1) {
      const { payload } = await slow.next();
      expect(Buffer.from(payload).readUInt32BE(0)).toBe(expected);
    }
  });

  test('GIVEN a source that is held back WHEN the slow destination goes away THEN the source is heard again', async () => {
    slow.webSocket.pause();
    await sendUntilStuck();

    slow.webSocket.terminate();

    await fast.settled();
    expect(heldBack()).toBe(false);
  });

  test('GIVEN a source that is held back WHEN its own connection is reset THEN it shows as DISCONNECTED soon', async () => {
    slow.webSocket.pause();
    await sendUntilStuck();
    const { admin } = scene.stage.tunneling;
    const [{ tunnelId }] = admin.tunnels();

    (fast.webSocket as unknown as { _socket: Socket })._socket.resetAndDestroy();

    await until(() => admin.tunnel(tunnelId).source.status === 'DISCONNECTED', 'the reset is noticed');
  }, 120_000);

  test('GIVEN a source that is held back WHEN the slow destination drops silently THEN the source is heard again', async () => {
    slow.webSocket.pause();
    await sendUntilStuck();

    const { admin } = scene.stage.tunneling;
    admin.cutSilently(admin.tunnels()[0].tunnelId, 'destination', { clientNotices: false });

    await fast.settled();
    expect(heldBack()).toBe(false);
  });

  test('GIVEN one tunnel is stuck WHEN another one is used THEN it is not held back', async () => {
    slow.webSocket.pause();
    await sendUntilStuck();

    const other = await scene.openTunnel();
    await connectDestination({ endpoint: scene.stage.endpoint, token: other.destination, targets: { SSH: { port: scene.stage.echoPort } } });
    const proxy = await connectSource({ endpoint: scene.stage.endpoint, token: other.source });

    expect(await sameComesBack(proxy.openStream(), MB)).toBe(true);
  });
});
