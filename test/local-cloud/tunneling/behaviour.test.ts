import { failure } from '../../../local-cloud/conformance/row';
import { until } from '../../support/until';
import { Scene } from './scene';

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.stage.close());

describe('lastUpdatedAt of a side that never connected', () => {
  test.each([
    ['missing', [undefined, undefined]],
    ['createdAt', [0, 0]],
    ['later', [0, 1_500]],
  ] as const)('%s', async (position, offsets) => {
    scene.behaviour.neverConnectedLastUpdatedAt = position;
    const { tunnelId } = await scene.openTunnel();
    const created = scene.clock.now();
    const seen = async () => (await scene.sourceState(tunnelId)).lastUpdatedAt?.getTime();

    const atFirst = await seen();
    scene.clock.advance(2_000);

    expect([atFirst, await seen()]).toEqual(offsets.map((offset) => (offset === undefined ? undefined : created + offset)));
  });
});

describe('rotation', () => {
  test.each([[true, 5_000], [false, 0]])('rotateMovesLastUpdatedAt %s: an idle side moves by %s ms', async (moves, expected) => {
    scene.behaviour.rotateMovesLastUpdatedAt = moves;
    const { tunnelId } = await scene.openTunnel();
    const created = scene.after(0);
    scene.clock.advance(5_000);

    await scene.rotate(tunnelId, 'SOURCE');

    expect((await scene.sourceState(tunnelId)).lastUpdatedAt!.getTime() - created.getTime()).toBe(expected);
    expect((await scene.describe(tunnelId)).destinationConnectionState!.lastUpdatedAt).toEqual(created);
  });

  test('GIVEN rotateKicksConnected is off WHEN a connected side is rotated THEN it stays until a client brings the new token', async () => {
    scene.behaviour.rotateKicksConnected = false;
    const { tunnelId, source } = await scene.openTunnel();
    const old = await scene.connect('source', source);

    const { sourceAccessToken } = await scene.rotate(tunnelId, 'SOURCE');
    await old.settled();
    expect((await scene.sourceState(tunnelId)).status).toBe('CONNECTED');

    await scene.connect('source', sourceAccessToken!);
    await old.closed;
    expect((await scene.sourceState(tunnelId)).status).toBe('CONNECTED');
  });

  test('GIVEN a kick that shows late WHEN the time has passed THEN the side shows DISCONNECTED, as of then', async () => {
    scene.behaviour.kickShowsDisconnectedAfterMs = 3_000;
    const { tunnelId, source } = await scene.openTunnel();
    const client = await scene.connect('source', source);

    await scene.rotate(tunnelId, 'SOURCE');
    await client.closed;
    expect((await scene.sourceState(tunnelId)).status).toBe('CONNECTED');
    const shown = scene.after(3_000);
    scene.clock.advance(3_000);

    expect(await scene.sourceState(tunnelId)).toEqual({ status: 'DISCONNECTED', lastUpdatedAt: shown });
  });

  test('GIVEN a kick that shows late WHEN a new client is there by then THEN the late news changes nothing', async () => {
    scene.behaviour.kickShowsDisconnectedAfterMs = 3_000;
    const { tunnelId, source } = await scene.openTunnel();
    await scene.connect('source', source);

    const { sourceAccessToken } = await scene.rotate(tunnelId, 'SOURCE');
    scene.clock.advance(1_000);
    await scene.connect('source', sourceAccessToken!);
    const connected = await scene.sourceState(tunnelId);
    scene.clock.advance(10_000);

    expect(connected.status).toBe('CONNECTED');
    expect(await scene.sourceState(tunnelId)).toEqual(connected);
  });

  test('GIVEN a silent drop WHEN its token is rotated THEN the kick shows it at once', async () => {
    const { tunnelId, source } = await scene.openTunnel();
    await scene.connect('source', source);
    scene.stage.tunneling.admin.cutSilently(tunnelId, 'source');

    await scene.rotate(tunnelId, 'SOURCE');

    expect((await scene.sourceState(tunnelId)).status).toBe('DISCONNECTED');
  });

  test('GIVEN rotation before the first connection is refused WHEN either side never connected THEN nothing is revoked', async () => {
    scene.behaviour.rotateBeforeFirstConnect = 'refused';
    const { tunnelId, source, destination } = await scene.openTunnel();
    await scene.connect('source', source);

    expect(await failure(scene.rotate(tunnelId, 'ALL'))).toMatchObject({ name: 'ValidationException' });
    expect(await failure(scene.rotate(tunnelId, 'DESTINATION'))).toMatchObject({ name: 'ValidationException' });
    expect(await failure(scene.rotate(tunnelId, 'SOURCE'))).toBeUndefined();
    expect((await scene.upgrade('destination', destination)).status).toBe(101);
  });

  test.each([[true, 2], [false, 1]])('rotateWithoutConfigPublishes %s: the device hears %s tokens', async (publishes, count) => {
    scene.behaviour.rotateWithoutConfigPublishes = publishes;
    const { tunnelId } = await scene.openTunnel({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } });

    await scene.rotate(tunnelId, 'DESTINATION');

    expect(scene.stage.published.length).toBe(count);
  });
});

describe('drops', () => {
  test('GIVEN a client that notices a silent drop WHEN the delay has passed THEN the service notices too', async () => {
    const { tunnelId, source } = await scene.openTunnel();
    const client = await scene.connect('source', source);

    scene.stage.tunneling.admin.cutSilently(tunnelId, 'source');
    expect((await client.closed).code).toBe(1006);
    scene.clock.advance(scene.behaviour.silentDropDelayMs - 1);
    expect((await scene.sourceState(tunnelId)).status).toBe('CONNECTED');
    scene.clock.advance(1);

    expect(await scene.sourceState(tunnelId)).toEqual({ status: 'DISCONNECTED', lastUpdatedAt: scene.after(0) });
  });

  test('GIVEN a client that does not notice WHEN the service gives up THEN its connection is cut', async () => {
    const { tunnelId, source, destination } = await scene.openTunnel();
    const client = await scene.connect('source', source);
    const device = await scene.connect('destination', destination);
    await Promise.all([client.next(), device.next()]);

    scene.stage.tunneling.admin.cutSilently(tunnelId, 'source', { clientNotices: false });
    client.send({ type: 2, streamId: 1, serviceId: 'SSH' });
    device.send({ type: 3, streamId: 1, serviceId: 'SSH' });
    await device.settled();
    expect([client.heard.length, device.heard.length, client.webSocket.readyState]).toEqual([0, 0, client.webSocket.OPEN]);
    scene.clock.advance(scene.behaviour.silentDropDelayMs);

    expect((await client.closed).code).toBe(1006);
    expect((await scene.sourceState(tunnelId)).status).toBe('DISCONNECTED');
  });

  test('GIVEN a reset and a goodbye that show late WHEN both sides leave THEN each shows after its own delay', async () => {
    Object.assign(scene.behaviour, { resetDropDelayMs: 60_000, cleanDropDelayMs: 2_000 });
    const { tunnelId, source, destination } = await scene.openTunnel();
    const client = await scene.connect('source', source);
    const device = await scene.connect('destination', destination);
    const { admin } = scene.stage.tunneling;

    client.webSocket.terminate();
    device.webSocket.close();
    await until(() => !admin.tunnel(tunnelId).source.connection && !admin.tunnel(tunnelId).destination.connection, 'both are gone');
    const shown = async () => [(await scene.sourceState(tunnelId)).status, (await scene.describe(tunnelId)).destinationConnectionState!.status];
    const seen = [await shown()];
    for (const milliseconds of [2_000, 58_000]) {
      scene.clock.advance(milliseconds);
      seen.push(await shown());
    }

    expect(seen).toEqual([['CONNECTED', 'CONNECTED'], ['CONNECTED', 'DISCONNECTED'], ['DISCONNECTED', 'DISCONNECTED']]);
  });
});

test('GIVEN timestamps of whole seconds THEN DescribeTunnel and ListTunnels show no fraction', async () => {
  scene.behaviour.timestampResolutionMs = 1_000;
  scene.clock.advance(1_234);
  const { tunnelId } = await scene.openTunnel();

  const { createdAt, sourceConnectionState } = await scene.describe(tunnelId);

  expect([createdAt!.getMilliseconds(), sourceConnectionState!.lastUpdatedAt!.getMilliseconds()]).toEqual([0, 0]);
});

test.each([
  ['source-refused', [false, true, false]],
  ['destination-refused', [true, false, false]],
] as const)('rotateBeforeFirstConnect %s: SOURCE, DESTINATION and ALL work: %j', async (position, expected) => {
  scene.behaviour.rotateBeforeFirstConnect = position;
  const { tunnelId } = await scene.openTunnel();

  const works = async (mode: 'SOURCE' | 'DESTINATION' | 'ALL') => (await failure(scene.rotate(tunnelId, mode))) === undefined;

  expect([await works('SOURCE'), await works('DESTINATION'), await works('ALL')]).toEqual(expected);
});

test('GIVEN another error and another sentence of refusal THEN they are answered', async () => {
  Object.assign(scene.behaviour, { rotateClosedTunnelError: 'InvalidRequestException', refusals: { 'tunnel-closed': 'The tunnel is no more.' } });
  const { tunnelId, source } = await scene.openTunnel();
  await scene.closeTunnel(tunnelId);

  expect(await failure(scene.rotate(tunnelId, 'SOURCE'))).toMatchObject({ name: 'InvalidRequestException' });
  expect((await scene.upgrade('source', source)).body).toBe('The tunnel is no more.');
});

test('GIVEN client tokens are of no use WHEN a client comes back with its own THEN it is refused', async () => {
  scene.behaviour.clientTokenReuse = 'refused';
  const { source } = await scene.openTunnel();
  const header = `client-token: ${'a'.repeat(32)}`;

  expect((await scene.upgrade('source', source, [header])).status).toBe(101);
  expect((await scene.upgrade('source', source, [header])).body).toContain('previously used');
});
