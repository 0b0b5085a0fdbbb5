import { Duration } from 'aws-cdk-lib';
import { AwsError } from '../../local-cloud/service';
import { ClientMode, DisconnectSource, type TunnelTokenRotatorProps } from '../../lib';
import { synthesizeRotator } from '../support/assembly';
import { World } from '../support/world';

let world: World | undefined;
async function deployed(props: TunnelTokenRotatorProps): Promise<World> {
  world = await World.begin(synthesizeRotator(props));
  return world;
}
afterEach(async () => {
  const whole = await world?.check();
  await world?.end();
  expect(whole?.denied).toEqual([]);
  expect(whole?.escaped).toEqual([]);
  // Where AWS itself tells no device, the topic of the user's choice is the device's notification.
  expect(whole?.leaks.filter((place) => !/^token in MQTT topic fleet\/[\w-]+\/notify$/.test(place))).toEqual([]);
});

const BOTH = {
  clientModes: [ClientMode.SOURCE, ClientMode.DESTINATION],
  disconnectSources: [DisconnectSource.mqtt(), DisconnectSource.eventBridge(), DisconnectSource.thingPresence()],
};
const DEFAULTS = {};
const GRACE = { grace: Duration.seconds(30) };

/** Rotations of the source's and the destination's token. */
const rotationsOf = (here: World, tunnelId: string) => {
  const { source, destination } = here.cloud.tunneling.admin.record(tunnelId);
  return { source: source.rotations, destination: destination.rotations };
};

describe('GIVEN a rotator for both sides', () => {
  it('WHEN the destination drops THEN its token waits until the device is online, and goes to the thing', async () => {
    const here = await deployed(BOTH);
    const tunnel = await here.openTunnel();
    await tunnel.connect();
    await here.advance(20_000);
    await tunnel.cutDestination();
    await here.sweep();
    await tunnel.signal({}); // of the source: nothing says that the device can hear
    expect(rotationsOf(here, tunnel.id)).toEqual({ source: 0, destination: 0 });

    await here.deviceComesOnline('pump-7');
    await here.advance(6_000);
    await tunnel.reconnectDestination('$aws/things/pump-7/tunnels/notify');
    expect(await tunnel.works()).toBe(true);
    expect(rotationsOf(here, tunnel.id)).toEqual({ source: 0, destination: 1 });
  });

  it('WHEN its queue takes no signal THEN what every rule had to say lies among the dead letters', async () => {
    const here = await deployed(BOTH);
    const { name } = here.queue('SignalQueue');
    here.cloud.calls.intercept(async (call, proceed) => {
      if (call.action === 'SendMessage' && String(call.input.QueueUrl).endsWith(name)) throw new AwsError('AWS.SimpleQueueService.NonExistentQueue', 'no');
      return proceed();
    });
    await here.publish('tunnels/t/disconnected', {});
    await here.publish('tunnels/t/token-request', {});
    await here.deviceComesOnline('pump-7');
    await here.putEvent({ tunnelId: 't' });
    const { visible } = here.queue('DeadLetterQueue').counts();
    expect(visible).toBe(4);
  });

  it('WHEN its sweeper cannot be called THEN that lies among the dead letters', async () => {
    const here = await deployed(BOTH);
    here.cloud.calls.intercept(async (call, proceed) => {
      if (call.action === 'Invoke') throw new AwsError('ResourceNotFoundException', 'no');
      return proceed();
    });
    await here.sweep();
    expect(here.queue('DeadLetterQueue').counts().visible).toBe(1);
  });

  it('WHEN its device says so itself THEN it need not come online first', async () => {
    const here = await deployed(BOTH);
    const tunnel = await here.openTunnel();
    await tunnel.connect();
    await here.advance(20_000);
    await tunnel.cutDestination();
    await tunnel.signal({ clientMode: 'DESTINATION' });
    await tunnel.reconnectDestination('$aws/things/pump-7/tunnels/notify');
    expect(rotationsOf(here, tunnel.id)).toEqual({ source: 0, destination: 1 });
  });

  it('WHEN both drop THEN one call heals both', async () => {
    const here = await deployed(BOTH);
    const tunnel = await here.openTunnel();
    await tunnel.connect();
    await here.advance(20_000);
    await tunnel.cutDestination();
    await tunnel.cut();
    await tunnel.signal({ clientMode: 'ALL' });
    await tunnel.reconnectDestination('$aws/things/pump-7/tunnels/notify');
    await tunnel.reconnect();
    expect(here.cloud.calls.find({ action: 'RotateTunnelAccessToken' })).toHaveLength(1);
    expect(rotationsOf(here, tunnel.id)).toEqual({ source: 1, destination: 1 });
  });

  it('WHEN the presence of a healthy device is announced twice THEN nothing happens to it', async () => {
    const here = await deployed(BOTH);
    const tunnel = await here.openTunnel();
    await tunnel.connect();
    await here.advance(20_000);
    await here.deviceComesOnline('pump-7');
    await here.deviceComesOnline('pump-7');
    await here.advance(90_000);
    expect(rotationsOf(here, tunnel.id)).toEqual({ source: 0, destination: 0 });
    expect(await tunnel.works()).toBe(true);
  });

  it('WHEN the tunnel names no thing THEN its destination token goes to the topic of the user\'s choice', async () => {
    const here = await deployed({ ...BOTH, destinationTopic: 'fleet/<tunnelId>/notify' });
    const tunnel = await here.openTunnel({ thingName: undefined });
    await tunnel.connect();
    await here.advance(20_000);
    await tunnel.cutDestination();
    await tunnel.signal({ clientMode: 'DESTINATION' });
    const notice = await tunnel.reconnectDestination(`fleet/${tunnel.id}/notify`);
    expect(Object.keys(notice).sort()).toEqual(['clientAccessToken', 'clientMode', 'region', 'services']);
    expect({ ...notice, clientAccessToken: undefined }).toEqual({ clientAccessToken: undefined, clientMode: 'destination', region: 'eu-west-1', services: ['SSH'] });
  });
});

describe('GIVEN a tunnel that somebody else opened', () => {
  const announced = (here: World) => here.cloud.events.map(({ event }) => event).filter(({ source }) => source === 'tunnel-token-rotator')
    .map((event) => [event['detail-type'], (event.detail as { reason?: string }).reason]);

  it('WHEN a token is asked for THEN whoever may read the secret can join it', async () => {
    const here = await deployed(DEFAULTS);
    const tunnel = await here.openTunnel();
    await here.publish(`tunnels/${tunnel.id}/token-request`, {});
    await tunnel.reconnect();
    expect(announced(here)).toEqual([['Source Token Rotated', undefined]]);
  });

  it('WHEN it is asked for while the source is connected THEN that is refused, and said', async () => {
    const here = await deployed(DEFAULTS);
    const tunnel = await here.openTunnel();
    await tunnel.connect();
    await here.publish(`tunnels/${tunnel.id}/token-request`, {});
    await here.advance(120_000);
    expect(announced(here)).toEqual([['Rotation Held', 'connected']]);
    expect(await tunnel.works()).toBe(true);
  });

  it.each([
    ['for the source', {}],
    ['for the destination', { clientMode: 'DESTINATION' }],
  ])('WHEN a request %s names another thing THEN its token goes nowhere, and the reason is said', async (_, request) => {
    const here = await deployed(BOTH);
    const tunnel = await here.openTunnel();
    await here.advance(20_000);
    await tunnel.cutDestination();
    await here.publish(`tunnels/${tunnel.id}/token-request`, { ...request, destinationConfig: { thingName: 'spare-8', services: ['SSH'] } });
    expect(announced(here).map(([, reason]) => reason)).toEqual([expect.stringMatching(/-refused$/)]);
    expect(rotationsOf(here, tunnel.id)).toEqual({ source: 0, destination: 0 });
  });
});

describe('GIVEN a scope', () => {
  it('WHEN a tunnel outside it drops THEN it is left alone, and one inside it is not', async () => {
    const here = await deployed({ tunnelScope: { things: ['pump-*'], services: ['SSH'] } });
    const ours = await here.openTunnel({ thingName: 'pump-7' });
    const theirs = await here.openTunnel({ thingName: 'gate-1' });
    for (const tunnel of [ours, theirs]) {
      await tunnel.connect();
      await tunnel.drop();
      await tunnel.signal();
    }
    await here.sweep();
    await ours.reconnect();
    expect(rotationsOf(here, theirs.id)).toEqual({ source: 0, destination: 0 });
  });
});

describe('GIVEN grace', () => {
  it('WHEN a client with a client token comes back by itself in time THEN its token is not rotated under it', async () => {
    const here = await deployed(GRACE);
    const tunnel = await here.openTunnel();
    await tunnel.connect({ clientToken: 'a-client-token-of-thirty-two-characters' });
    await tunnel.drop();
    await tunnel.signal();
    await tunnel.connect({ clientToken: 'a-client-token-of-thirty-two-characters' });
    await here.advance(40_000);
    expect(rotationsOf(here, tunnel.id).source).toBe(0);
    expect(await tunnel.works()).toBe(true);
  });

  it('WHEN it does not THEN its token is rotated when grace is over, also if only the sweep noticed', async () => {
    const here = await deployed(GRACE);
    const tunnel = await here.openTunnel();
    await tunnel.connect();
    await tunnel.drop();
    await here.sweep();
    await here.advance(29_000);
    expect(rotationsOf(here, tunnel.id).source).toBe(0);
    await here.advance(2_000);
    await tunnel.reconnect();
  });
});
