import { type Message, MessageType } from '../../tunnel-protocol/frames';
import { connectDestination, connectSource, type Source } from '../../tunnel-protocol/peer';
import { Scene, type OpenedTunnel } from '../local-cloud/tunneling/scene';
import { RawClient } from '../../local-cloud/conformance/raw-client';
import { exchange } from '../local-cloud/tunneling/stage';

/** What goes over the wire, as the official local proxy says and understands it. `official.test.ts` asks that one itself. */

let scene: Scene;
let tunnel: OpenedTunnel;
beforeEach(async () => {
  scene = await Scene.open();
  tunnel = await scene.openTunnel();
});
afterEach(() => scene.stage.close());

const { STREAM_START, STREAM_RESET, CONNECTION_START, CONNECTION_RESET, DATA } = MessageType;
type Version = '1.0' | '2.0' | '3.0';

const NAMES = new Map(Object.entries(MessageType).map(([name, type]) => [type as number, name]));
/** The stream ids as 1, 2, ... in the order in which they came. */
function told(messages: readonly Message[]): string[] {
  const ids = [...new Set(messages.map(({ streamId }) => streamId))];
  return messages.map(({ type, serviceId, streamId, connectionId }) =>
    [NAMES.get(type), serviceId, `stream ${ids.indexOf(streamId) + 1}`, connectionId && `connection ${connectionId}`].filter(Boolean).join(' '));
}

const next = async (raw: RawClient, count: number) => {
  const messages: Message[] = [];
  while (messages.length < count) messages.push(await raw.next());
  return messages;
};

describe('a source', () => {
  let device: RawClient;
  let source: Source;

  async function meet(version: Version): Promise<void> {
    device = await scene.connect('destination', tunnel.destination);
    await device.next(); // SERVICE_IDS
    source = await connectSource({ endpoint: scene.stage.endpoint, token: tunnel.source, protocol: version });
  }

  const close = (stream: NodeJS.ReadWriteStream) => void stream.end();

  test('GIVEN 3.0 THEN connections that stand share a stream, and whoever comes when none does starts a new one, the former being told over', async () => {
    await meet('3.0');
    close(source.openStream());
    source.openStream();
    source.openStream();
    expect(told(await next(device, 5))).toEqual([
      'STREAM_START SSH stream 1 connection 1', 'CONNECTION_RESET SSH stream 1 connection 1',
      'STREAM_RESET SSH stream 1', 'STREAM_START SSH stream 2 connection 1', 'CONNECTION_START SSH stream 2 connection 2',
    ]);
  });

  test('GIVEN 3.0 WHEN its stream was reset THEN the next connection starts a new one', async () => {
    await meet('3.0');
    const stream = source.openStream().resume();
    const [start] = await next(device, 1);
    device.send({ type: STREAM_RESET, serviceId: 'SSH', streamId: start.streamId });
    await new Promise((resolve) => stream.once('close', resolve));
    source.openStream();
    expect(told([start, ...await next(device, 2)]))
      .toEqual(['STREAM_START SSH stream 1 connection 1', 'STREAM_RESET SSH stream 1', 'STREAM_START SSH stream 2 connection 1']);
  });

  test('GIVEN 3.0 WHEN the device turns out to be older THEN each connection has a stream of its own', async () => {
    await meet('3.0');
    const first = source.openStream();
    const [start] = await next(device, 1);
    device.send({ type: DATA, serviceId: 'SSH', streamId: start.streamId, payload: Buffer.from('from 2.0') });
    await new Promise((resolve) => first.once('data', resolve));
    first.end();
    expect(told([start, ...await next(device, 1)])).toEqual(['STREAM_START SSH stream 1 connection 1', 'STREAM_RESET SSH stream 1 connection 1']);
    source.openStream();
    expect(told(await next(device, 1))).toEqual(['STREAM_START SSH stream 1']);
  });

  test.each([['2.0', ' SSH'], ['1.0', '']] as const)('GIVEN %s THEN each connection is a stream, which ends before the next begins', async (version, service) => {
    await meet(version);
    source.openStream();
    source.openStream();
    expect(told(await next(device, 3))).toEqual([`STREAM_START${service} stream 1`, `STREAM_RESET${service} stream 1`, `STREAM_START${service} stream 2`]);
  });
});

describe('a destination', () => {
  let source: RawClient;

  async function meet(): Promise<void> {
    await connectDestination({ endpoint: scene.stage.endpoint, token: tunnel.destination, targets: { SSH: { port: scene.stage.echoPort } } });
    source = await scene.connect('source', tunnel.source);
    await source.next(); // SERVICE_IDS
  }

  const ask = (type: number, streamId: number, connectionId: number, text?: string) =>
    source.send({ type, serviceId: 'SSH', streamId, connectionId }, ...text ? [{ type: DATA, serviceId: 'SSH', streamId, connectionId, payload: Buffer.from(text) }] : []);
  const heard = async () => (await source.next()).payload.toString();

  test('WHEN a stream is started twice THEN it is reset, and the second start is swallowed, as the official one does', async () => {
    await meet();
    ask(STREAM_START, 1, 1, 'one');
    expect(await heard()).toBe('one');
    ask(STREAM_START, 2, 1, 'swallowed');
    ask(STREAM_START, 3, 1, 'three');
    expect(await heard()).toBe('three');
  });

  test('WHEN a connection of an unknown stream is started THEN it begins the stream', async () => {
    await meet();
    ask(CONNECTION_START, 7, 3, 'joined');
    expect(await heard()).toBe('joined');
  });

  test('WHEN a connection id is started twice THEN the second is refused', async () => {
    await meet();
    ask(STREAM_START, 1, 1, 'one');
    expect(await heard()).toBe('one');
    ask(CONNECTION_START, 1, 1);
    expect(await source.next()).toMatchObject({ type: CONNECTION_RESET, streamId: 1, connectionId: 1 });
  });

  test('WHEN a start names no service although the tunnel has one THEN it is refused', async () => {
    await meet();
    source.send({ type: STREAM_START, streamId: 1 });
    expect(await source.next()).toMatchObject({ type: STREAM_RESET, streamId: 1 });
  });
});

test('GIVEN a source and a destination of ours THEN a connection after all others goes through', async () => {
  await connectDestination({ endpoint: scene.stage.endpoint, token: tunnel.destination, targets: { SSH: { port: scene.stage.echoPort } } });
  const source = await connectSource({ endpoint: scene.stage.endpoint, token: tunnel.source });
  for (const text of ['first', 'second', 'third']) {
    const stream = source.openStream();
    expect(await exchange(stream, text)).toBe(text);
    stream.end().resume();
    await new Promise((resolve) => stream.once('close', resolve));
  }
});

test('WHEN a source writes faster than the link takes THEN what waited goes in few WebSocket messages, as long as a client takes', async () => {
  const device = await scene.connect('destination', tunnel.destination);
  await device.next(); // SERVICE_IDS
  const lengths: number[] = [];
  device.webSocket.on('message', (bytes: Buffer) => lengths.push(bytes.length));
  const source = await connectSource({ endpoint: scene.stage.endpoint, token: tunnel.source });
  const stream = source.openStream();
  const chunks = Array.from({ length: 40 }, (_, index) => Buffer.alloc(5_000, index));
  for (const chunk of chunks) stream.write(chunk);
  stream.write(Buffer.alloc(0));
  const total = 40 * 5_000;

  const payloads: Buffer[] = [];
  while (Buffer.concat(payloads).length < total) payloads.push(Buffer.from((await device.next()).payload));
  expect(Buffer.concat(payloads).equals(Buffer.concat(chunks))).toBe(true);
  // STREAM_START is empty. The first chunk does not wait, and the others fill their messages.
  expect(payloads.map(({ length }) => length)).toEqual([0, 5_000, 64_512, 64_512, 64_512, 1_464]);
  expect(lengths.length).toBe(4);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(131_076);
});

test('WHEN a source writes again in the same turn of the event loop, the link having taken all before THEN what came later goes together', async () => {
  const device = await scene.connect('destination', tunnel.destination);
  await device.next(); // SERVICE_IDS
  const source = await connectSource({ endpoint: scene.stage.endpoint, token: tunnel.source });
  const stream = source.openStream();
  expect(told([await device.next()])).toEqual(['STREAM_START SSH stream 1 connection 1']);
  await new Promise((resolve) => setImmediate(resolve));
  for (const text of ['one', 'two', 'three', 'four']) {
    stream.write(text);
    for (let tick = 0; tick < 20; tick += 1) await new Promise<void>((resolve) => process.nextTick(resolve));
  }
  expect((await next(device, 2)).map(({ payload }) => payload.toString())).toEqual(['one', 'twothreefour']);
});

test('WHEN nothing is written to a stream THEN that is done at once', async () => {
  await scene.connect('destination', tunnel.destination);
  const source = await connectSource({ endpoint: scene.stage.endpoint, token: tunnel.source });
  const stream = source.openStream();
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
});
