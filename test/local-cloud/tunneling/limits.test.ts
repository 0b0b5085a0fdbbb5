import { failure } from '../../../local-cloud/conformance/row';
import { until } from '../../support/until';
import { Scene } from './scene';

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.open();
});
afterEach(() => scene.stage.close());

describe('quotas', () => {
  test.each([
    ['describeQuotaPerSecond', (tunnelId: string) => scene.describe(tunnelId)],
    ['rotateQuotaPerSecond', (tunnelId: string) => scene.rotate(tunnelId, 'SOURCE')],
    ['closeQuotaPerSecond', (tunnelId: string) => scene.closeTunnel(tunnelId)],
    ['openQuotaPerSecond', () => scene.openTunnel()],
  ] as const)('%s: a second\'s worth at once, then as many a second', async (quota, call) => {
    const { tunnelId } = await scene.openTunnel();
    scene.behaviour[quota] = 3;
    const throttled = async (times: number) => {
      const failures = await Promise.all(Array.from({ length: times }, () => failure(call(tunnelId))));
      return failures.filter((each) => each?.name === 'ThrottlingException').length;
    };

    expect(await throttled(5)).toBe(2);
    scene.clock.advance(1_000);
    expect(await throttled(4)).toBe(1);
    scene.behaviour[quota] = Infinity;
    expect(await throttled(10)).toBe(0);
  });
});

describe('bandwidth', () => {
  test('GIVEN a tunnel of 100 kB/s WHEN 400 kB are sent THEN a second\'s worth comes at once, and the rest takes its time', async () => {
    scene.behaviour.bandwidthBytesPerSecond = 100_000;
    const { source, destination } = await scene.openTunnel();
    const [sender, receiver] = [await scene.connect('source', source), await scene.connect('destination', destination)];
    await Promise.all([sender.next(), receiver.next()]);
    const start = scene.clock.now();
    const bytes = () => receiver.heard.reduce((sum, message) => sum + message.payload.length, 0);

    for (let count = 0; count < 40; count += 1) sender.send({ type: 1, streamId: 1, serviceId: 'SSH', payload: Buffer.alloc(10_000) });
    await until(() => bytes() >= 100_000, 'a second\'s worth is there');
    while (bytes() < 400_000) {
      scene.clock.advance(100);
      await receiver.settled();
    }

    // What was read together with the last that fits goes along: at most one read of the socket.
    expect(scene.clock.now() - start).toBeGreaterThanOrEqual(2_300);
  });
});
