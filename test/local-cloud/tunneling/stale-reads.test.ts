import { until } from '../../support/until';
import { Scene } from './scene';

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.stage.close());

describe('stale reads', () => {
  test('GIVEN every DescribeTunnel is stale WHEN a side came and went THEN each is seen after the lag, as of its own time', async () => {
    Object.assign(scene.behaviour, { staleDescribeShare: 1, staleDescribeLagMs: 1_000 });
    const { tunnelId, source } = await scene.openTunnel();
    const created = scene.after(0);
    scene.clock.advance(5_000);
    const connected = scene.after(0);
    const client = await scene.connect('source', source);
    expect(await scene.sourceState(tunnelId)).toEqual({ status: 'DISCONNECTED', lastUpdatedAt: created });
    scene.clock.advance(600);
    const dropped = scene.after(0);
    client.webSocket.terminate();
    await until(() => !scene.stage.tunneling.admin.tunnel(tunnelId).source.connection, 'the drop is noticed');

    scene.clock.advance(399);
    expect(await scene.sourceState(tunnelId)).toEqual({ status: 'DISCONNECTED', lastUpdatedAt: created });
    scene.clock.advance(1);
    expect(await scene.sourceState(tunnelId)).toEqual({ status: 'CONNECTED', lastUpdatedAt: connected });
    scene.clock.advance(600);
    expect(await scene.sourceState(tunnelId)).toEqual({ status: 'DISCONNECTED', lastUpdatedAt: dropped });
  });

  test('GIVEN Rotate moves lastUpdatedAt WHEN it is read stale THEN the old time shows until the lag is over', async () => {
    Object.assign(scene.behaviour, { rotateMovesLastUpdatedAt: true, staleDescribeShare: 1, staleDescribeLagMs: 1_000 });
    const { tunnelId } = await scene.openTunnel();
    const created = scene.after(0);
    scene.clock.advance(5_000);
    await scene.rotate(tunnelId, 'SOURCE');
    const rotated = scene.after(0);

    scene.clock.advance(999);
    expect((await scene.sourceState(tunnelId)).lastUpdatedAt).toEqual(created);
    scene.clock.advance(1);
    expect((await scene.sourceState(tunnelId)).lastUpdatedAt).toEqual(rotated);
  });

  test('GIVEN a closed tunnel WHEN it is read stale THEN it is OPEN until the lag is over', async () => {
    Object.assign(scene.behaviour, { staleDescribeShare: 1, staleDescribeLagMs: 1_000 });
    const { tunnelId } = await scene.openTunnel();
    scene.clock.advance(5_000);
    await scene.closeTunnel(tunnelId);

    expect((await scene.describe(tunnelId)).status).toBe('OPEN');
    scene.clock.advance(1_000);
    expect((await scene.describe(tunnelId)).status).toBe('CLOSED');
  });

  test('GIVEN a share of 0.3 WHEN a change is read a thousand times THEN about that share is stale', async () => {
    Object.assign(scene.behaviour, { staleDescribeShare: 0.3 });
    const { tunnelId, source } = await scene.openTunnel();
    await scene.connect('source', source);

    const { actions } = scene.stage.tunneling.service;
    const call = { service: 'iotsecuretunneling', action: 'DescribeTunnel', input: { tunnelId }, accessKeyId: 'A', requestId: 'r' };
    const seen = await Promise.all(Array.from({ length: 1_000 }, async () => JSON.stringify(await actions.DescribeTunnel(call))));
    const stale = seen.filter((text) => text.includes('"sourceConnectionState":{"status":"DISCONNECTED"')).length;
    expect(stale).toBeGreaterThan(200);
    expect(stale).toBeLessThan(400);
  });
});
