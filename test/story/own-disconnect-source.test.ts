import { FleetStatus } from '../../examples/own-disconnect-source/fleet-status';
import { AwsError } from '../../local-cloud/service';
import { synthesizeRotator } from '../support/assembly';
import { World } from '../support/world';

/** `examples/own-disconnect-source`, as somebody would try it out before it is deployed. */
let world: World;
beforeEach(async () => { world = await World.begin(synthesizeRotator({ disconnectSources: [new FleetStatus()] })); });
afterEach(async () => {
  expect(await world.check()).toEqual({ denied: [], leaks: [], escaped: [] });
  await world.end();
});

async function dropped() {
  const tunnel = await world.openTunnel({ thingName: 'pump-7' });
  await tunnel.connect();
  await world.advance(20_000);
  await tunnel.drop();
  return tunnel;
}

describe('GIVEN a disconnect source of the deployer\'s own', () => {
  test('WHEN an agent says on its own topic that the link is down THEN the source comes back', async () => {
    const tunnel = await dropped();

    await world.publish('fleet/pump-7/status', { link: 'down', tunnel: tunnel.id, battery: 77 });

    await tunnel.reconnect();
    expect(await tunnel.works()).toBe(true);
  });

  test.each([
    ['it says that the link is up', 'fleet/pump-7/status', 'up'],
    ['another thing says so', 'fleet/pump-8/status', 'down'],
  ])('WHEN %s THEN nothing is rotated', async (_case, topic, link) => {
    const tunnel = await dropped();

    await world.publish(topic, { link, tunnel: tunnel.id });

    expect(await tunnel.secretExists()).toBe(false);
  });

  test('WHEN the rotator\'s queue takes nothing THEN what the agent said lies among the dead letters', async () => {
    const { name } = world.queue('SignalQueue');
    world.cloud.calls.intercept(async (call, proceed) => {
      if (call.action === 'SendMessage' && String(call.input.QueueUrl).endsWith(name)) throw new AwsError('AWS.SimpleQueueService.NonExistentQueue', 'no');
      return proceed();
    });

    await world.publish('fleet/pump-7/status', { link: 'down', tunnel: 't' });

    expect(world.queue('DeadLetterQueue').counts().visible).toBe(1);
  });
});
