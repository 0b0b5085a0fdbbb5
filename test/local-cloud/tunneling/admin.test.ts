import { inspect } from 'node:util';
import { Scene } from './scene';

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.stage.close());

describe('what tests may see', () => {
  test('a tunnel shows its sides, its live connections and what happened to them', async () => {
    const { tunnelId, source } = await scene.openTunnel({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } });
    await scene.connect('source', source);
    await scene.upgrade('source', source);
    await scene.upgrade('destination', source);

    expect(scene.stage.tunneling.admin.tunnels()).toEqual([{
      tunnelId, status: 'OPEN', thingName: 'pump-7', services: ['SSH'],
      source: {
        status: 'CONNECTED', connects: 1, rotations: 0, kicks: 0, refusals: { 'previously-used': 1, 'mode-mismatch': 1 },
        connection: { channelId: expect.any(String), version: '3.0', connectedAt: scene.clock.now(), waiting: expect.any(Number), heldBack: false, throttled: false },
      },
      destination: { status: 'DISCONNECTED', connects: 0, rotations: 0, kicks: 0, refusals: {}, connection: undefined },
    }]);
  });

  test('the counts outlive the tunnel, and refusals without a tunnel are counted apart', async () => {
    const { tunnelId, source } = await scene.openTunnel();
    const client = await scene.connect('source', source);
    await scene.rotate(tunnelId, 'ALL');
    await client.closed;
    await scene.stage.tunneling.service.actions.CloseTunnel(call('CloseTunnel', { tunnelId, delete: true }));
    await scene.upgrade('source', source);

    expect(scene.stage.tunneling.admin.record(tunnelId)).toMatchObject({ source: { rotations: 1, kicks: 1 }, destination: { rotations: 1, kicks: 0 } });
    expect(scene.stage.tunneling.admin.strangers()).toEqual({ 'token-unknown': 1 });
  });

  test('no token is kept anywhere in the service', async () => {
    const { tunnelId, source } = await scene.openTunnel();
    await scene.connect('source', source, '3.0', { 'client-token': 'c0ffee'.repeat(8) });
    await scene.rotate(tunnelId, 'ALL');

    const dump = inspect(scene.stage.tunneling, { depth: Infinity, showHidden: true, maxArrayLength: Infinity, maxStringLength: Infinity });
    expect(dump.includes(tunnelId)).toBe(true);
    expect(dump.includes('LOCALCAT')).toBe(false);
  });
});

describe('what tests may do', () => {
  test('GIVEN a live connection WHEN it is cut THEN client and service notice', async () => {
    const { tunnelId, source } = await scene.openTunnel();
    const client = await scene.connect('source', source);

    scene.stage.tunneling.admin.cut(tunnelId, 'source');

    expect((await client.closed).code).toBe(1006);
    expect(scene.stage.tunneling.admin.tunnel(tunnelId).source.status).toBe('DISCONNECTED');
  });

  test('GIVEN no live connection WHEN it should be cut THEN the error says so', async () => {
    const { tunnelId } = await scene.openTunnel();

    expect(() => scene.stage.tunneling.admin.cutSilently(tunnelId, 'source')).toThrow('no live source connection');
    expect(() => scene.stage.tunneling.admin.tunnel('unknown')).toThrow('does not exist');
  });
});

const call = (action: string, input: Record<string, unknown>) =>
  ({ service: 'iotsecuretunneling', action, input, accessKeyId: 'AKIDEXAMPLE', requestId: '1' });
