import { once } from 'node:events';
import * as net from 'node:net';
import { Confidential } from '../../../lib/confidential';
import { BuiltInProxy, type BuiltInProxyProps } from '../../../connector/proxy/built-in-proxy';
import { clientTokens } from '../../../connector/proxy/client-tokens';
import { systemClock } from '../../../connector/session/clock';
import type { Child } from '../../../connector/session/ports';
import { connectDestination, type Destination } from '../../../tunnel-protocol/peer';
import { type OpenedTunnel, Scene } from '../../local-cloud/tunneling/scene';
import { until } from '../../../local-cloud/conformance/waiting';
import { exchange } from '../../local-cloud/tunneling/stage';

/** More than all buffers on the way hold. */
const LIMIT = 64 * 1_048_576;

let scene: Scene;
let tunnel: OpenedTunnel;
let destination: Destination;
let proxy: BuiltInProxy;
let child: Child;
/** What the session would hear, in order. */
let events: string[];
let lines: string[];
let heard: () => void;

beforeEach(async () => {
  scene = await Scene.open();
  events = [];
  lines = [];
  heard = () => undefined;
});
afterEach(async () => {
  child?.kill();
  await child?.ended;
  proxy.close();
  await destination.close();
  await scene.stage.close();
});

async function meet(props: Partial<BuiltInProxyProps> = {}, services = ['SSH', 'WEB']): Promise<void> {
  tunnel = await scene.openTunnel({ destinationConfig: { services } });
  const { endpoint, echoPort } = scene.stage;
  const targets = Object.fromEntries(services.map((service) => [service, { port: echoPort }]));
  destination = await connectDestination({ endpoint, token: tunnel.destination, targets, protocol: props.protocol });
  proxy = await BuiltInProxy.open({
    mappings: services.map((service) => ({ service, port: 0 })), bindAddress: '127.0.0.1', endpoint, route: () => ({ refused: () => undefined }),
    verify: true, protocol: '3.0', clientToken: clientTokens(undefined), deadAfter: 60_000, patience: 30_000, retry: { first: 20, factor: 2, longest: 200 },
    waiting: { seats: 8, patience: 60_000 }, clock: systemClock, random: Math.random, ...props,
  });
}

function launch(token = tunnel.source): void {
  const hear = (event: string) => () => {
    events.push(event);
    heard();
  };
  child = proxy.launch(new Confidential(token), { connected: hear('connected'), reconnecting: hear('reconnecting'), line: (line) => lines.push(line) });
}

/** Resolves when so many events came. */
async function after(count: number): Promise<string[]> {
  while (events.length < count) await new Promise<void>((resolve) => { heard = resolve; });
  return events;
}

const dial = (service = 'SSH') => net.connect(proxy.mappings.find((each) => each.service === service)!.port, '127.0.0.1').on('error', () => undefined);
/** However it came about. */
const closed = (socket: net.Socket) => new Promise((resolve) => socket.once('close', resolve));
const cut = () => scene.admin.cut(tunnel.tunnelId, 'source');
const refusals = () => Object.values(scene.admin.record(tunnel.tunnelId).source.refusals).reduce((sum, times) => sum + (times ?? 0), 0);

describe('GIVEN a tunnel', () => {
  test('WHEN many connections of its services come THEN each goes through', async () => {
    await meet();
    launch();
    await after(1);
    const sockets = Array.from({ length: 20 }, (_, index) => dial(index % 2 ? 'SSH' : 'WEB'));
    expect(await Promise.all(sockets.map((socket, index) => exchange(socket, `hello ${index}`)))).toEqual(sockets.map((_, index) => `hello ${index}`));
    for (const socket of sockets) socket.destroy();
  });

  test('WHEN a connection comes before it is connected THEN it waits, and goes through', async () => {
    await meet();
    const early = dial();
    await once(early, 'connect');
    launch();
    expect(await exchange(early, 'early')).toBe('early');
    early.destroy();
  });

  test('WHEN its device closes a connection THEN the local one ends without an error', async () => {
    await meet();
    launch();
    await after(1);
    const socket = dial();
    await exchange(socket, 'hello');
    const errors: Error[] = [];
    socket.on('error', (error) => errors.push(error));
    await destination.close();
    destination = await connectDestination({ endpoint: scene.stage.endpoint, token: (await scene.rotate(tunnel.tunnelId, 'DESTINATION')).destinationAccessToken!, targets: {} });
    socket.resume();
    await once(socket, 'close');
    expect(errors).toEqual([]);
  });

  test.each(['2.0', '1.0'] as const)('WHEN the device speaks %s THEN connections go through one after the other', async (protocol) => {
    await meet({ protocol }, ['SSH']);
    launch();
    await after(1);
    const first = dial();
    await exchange(first, 'first');
    const second = dial();
    second.write('second');
    await once(second, 'connect');
    expect(await exchange(first, 'still first')).toBe('still first');
    first.destroy();
    expect(String((await once(second, 'data'))[0])).toBe('second');
    second.destroy();
  });
});

describe('GIVEN a cut', () => {
  test('THEN what stood is reset, what comes waits, and the same token serves again', async () => {
    await meet();
    launch();
    await after(1);
    const standing = dial();
    await exchange(standing, 'standing');
    const over = new Promise<string | undefined>((resolve) => standing.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)));
    cut();
    expect(await over).toBe('ECONNRESET');
    const next = dial();
    expect(await exchange(next, 'next')).toBe('next');
    expect(events).toEqual(['connected', 'reconnecting', 'connected']);
    expect(refusals()).toBe(0);
    next.destroy();
  });

  test('WHEN there is no client token THEN the token is known to be spent, and is not tried again', async () => {
    await meet({ clientToken: undefined });
    launch();
    await after(1);
    cut();
    expect(await child.ended).toMatchObject({ connected: true, cut: true, goodbye: false });
    expect(refusals()).toBe(0);
    expect(events).toEqual(['connected']);
  });

  test('WHEN the token was rotated meanwhile THEN the next one serves, and whoever came in between goes through', async () => {
    await meet();
    launch();
    await after(1);
    const { sourceAccessToken = '' } = await scene.rotate(tunnel.tunnelId, 'SOURCE');
    expect(await child.ended).toMatchObject({ connected: true, refused: 'otherwise' });
    const between = dial();
    await once(between, 'connect');
    launch(sourceAccessToken);
    expect(await exchange(between, 'between')).toBe('between');
    between.destroy();
  });

  test('WHEN the token was spent before THEN it ends with that', async () => {
    await meet({ clientToken: undefined });
    launch();
    await after(1);
    cut();
    await child.ended;
    launch();
    expect(await child.ended).toMatchObject({ connected: false, refused: 'previously-used' });
    expect(lines.join('\n')).not.toContain('LOCALCAT');
  });
});

describe('GIVEN a service that is away', () => {
  test('THEN it is tried again, and connections wait in bounded number and time', async () => {
    await meet({ waiting: { seats: 2, patience: 50 } });
    const sockets = [dial(), dial(), dial()];
    const over = await Promise.all(sockets.map(closed));
    expect(over).toHaveLength(3);
    launch();
    await after(1);
    expect(await exchange(dial(), 'later')).toBe('later');
  });

  test('WHEN it is stopped while it tries THEN it ends', async () => {
    await meet({ endpoint: 'http://127.0.0.1:1' });
    launch();
    while (lines.length < 4) await new Promise((resolve) => setImmediate(resolve));
    child.stop();
    expect(await child.ended).toMatchObject({ connected: false });
    expect(lines).toContain('The tunnel could not be reached: ECONNREFUSED');
  });
});

test('GIVEN a connection that died in silence THEN it is noticed by pings, and made anew', async () => {
  await meet({ deadAfter: 3_000 });
  launch();
  await after(1);
  const standing = dial();
  await exchange(standing, 'standing');
  scene.admin.cutSilently(tunnel.tunnelId, 'source', { clientNotices: false });
  await closed(standing);
  expect(await exchange(dial(), 'alive')).toBe('alive');
  expect(events).toEqual(['connected', 'reconnecting', 'connected']);
  expect(lines).toContain('The service does not answer any more');
});

test('GIVEN a port that is taken THEN none is left open, and the error says which', async () => {
  await meet();
  const { port } = proxy.mappings[0];
  await expect(BuiltInProxy.open({ ...proxy['props'], mappings: [{ service: 'WEB', port: 0 }, { service: 'SSH', port }] }))
    .rejects.toThrow(`Cannot listen on 127.0.0.1:${port} for SSH: the port is taken by another program`);
});

test('GIVEN a device that does not read THEN whoever writes is held back, and the end comes all the same', async () => {
  const devices: net.Socket[] = [];
  const deaf = net.createServer((socket) => devices.push(socket.on('error', () => socket.destroy()).pause())).listen(0, '127.0.0.1');
  await once(deaf, 'listening');
  await meet();
  scene.behaviour.bandwidthBytesPerSecond = Infinity;
  await destination.close();
  const token = (await scene.rotate(tunnel.tunnelId, 'DESTINATION')).destinationAccessToken!;
  destination = await connectDestination({ endpoint: scene.stage.endpoint, token, targets: { SSH: { port: (deaf.address() as net.AddressInfo).port } } });
  launch();
  await after(1);
  const socket = dial();
  const chunk = Buffer.alloc(65_536);
  let taken = 0;
  let since = Date.now();
  const more = () => {
    taken += chunk.length;
    since = Date.now();
    if (taken < LIMIT) socket.write(chunk, more);
  };
  more();
  await until(() => taken >= LIMIT || Date.now() - since > 500, 'nothing more is taken', 30_000);
  expect(taken).toBeLessThan(LIMIT);
  child.stop();
  expect(await child.ended).toMatchObject({ connected: true });
  socket.destroy();
  for (const device of devices) device.destroy();
  deaf.close();
});
