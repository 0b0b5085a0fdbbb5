import { join } from 'node:path';
import { IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { connect, type ConnectOptions } from '../../connector/connect';
import type { State } from '../../connector/session/vocabulary';
import { startEchoDevice } from '../../demo/device';
import { AdjustableClock } from '../../local-cloud/clock';
import type { LocalCloud } from '../../local-cloud/cloud';
import { connectDestination } from '../../tunnel-protocol/peer';
import { cloudClock } from './support/cloud-clock';
import { freePort } from './support/operator';
import { Desk } from './support/desk';
import { PREFIX } from './support/stub-rotator';

/** A session that outlives its tunnel, whose twelve hours nothing can extend. The local cloud's clock is ours too. */
const HOUR = 3_600_000;
let desk: Desk;
let directory: string;
let time: AdjustableClock;
let cloud: LocalCloud;
let tunneling: IoTSecureTunnelingClient;
let ends: (() => unknown)[];

beforeEach(async () => {
  time = new AdjustableClock();
  desk = await Desk.begin({ clock: time });
  ({ cloud, tunneling, directory } = desk);
  ends = [];
});

afterEach(async () => {
  for (const end of ends) await end();
  await desk.end();
});

/** Opens a tunnel to a device that hears of it at once. */
async function open(device: 'comes' | 'stays away' = 'comes') {
  const { tunnelId = '', sourceAccessToken, destinationAccessToken = '' } = await tunneling.send(
    new OpenTunnelCommand({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } }));
  if (device === 'comes') {
    const echo = await startEchoDevice();
    const destination = await connectDestination({ endpoint: cloud.endpoint, token: destinationAccessToken, targets: { SSH: { port: echo.port } } });
    ends.push(() => destination.close(), () => echo.close());
  }
  return { tunnelId, firstToken: sourceAccessToken };
}

/** @param fast how far the machine's clock is ahead of the service's */
function session(options: Pick<ConnectOptions, 'tunnelId' | 'firstToken' | 'next'>, port: number, fast = 0) {
  const states: State[] = [];
  const news: string[] = [];
  let changed: () => void = () => undefined;
  const clock = cloudClock(time);
  const connection = connect({
    ...options, clock: { ...clock, now: () => clock.now() + fast }, secretPrefix: PREFIX, footprints: join(directory, 'footprints'), proxy: { services: [`SSH=${port}`], endpoint: cloud.endpoint },
    log: (_, message) => news.push(message),
  });
  const reading = (async () => {
    for await (const state of connection) {
      states.push(state);
      changed();
    }
  })();
  ends.push(async () => {
    await connection.stop();
    await reading;
  });
  const until = async (condition: (state: State) => boolean): Promise<State> => {
    for (;;) {
      const found = states.find(condition);
      if (found) return found;
      await new Promise<void>((resolve) => { changed = resolve; });
    }
  };
  return { connection, states, news, until };
}

it('goes on with the next tunnel before the lifetime of the first one ends, and again', async () => {
  const opened: string[] = [];
  const first = await open();
  const next = async () => {
    const tunnel = await open();
    opened.push(tunnel.tunnelId);
    return tunnel;
  };
  const { connection, states, until } = session({ ...first, next }, await freePort());
  await until(({ state }) => state === 'connected');
  await cloud.advance(11 * HOUR);
  expect(opened).toEqual([]);
  await cloud.advance(0.98 * HOUR);
  await until(({ state, tunnelId }) => state === 'connected' && tunnelId === opened[0]);
  await cloud.advance(11.98 * HOUR);
  await until(({ state, tunnelId }) => state === 'connected' && tunnelId === opened[1]);
  expect((await connection.stop()).name).toBe('stopped');
  expect(new Set(states.map(({ tunnelId }) => tunnelId))).toEqual(new Set([first.tunnelId, ...opened]));
  expect(opened).toHaveLength(2);
});

it('opens no tunnel before its time on a machine whose clock is thirteen hours fast', async () => {
  const opened: string[] = [];
  const { until } = session({ ...await open(), next: async () => {
    const tunnel = await open();
    opened.push(tunnel.tunnelId);
    return tunnel;
  } }, await freePort(), 13 * HOUR);
  const { at, expiresAt = 0 } = await until(({ state }) => state === 'connected');
  expect(Math.round((expiresAt - at) / HOUR)).toBe(12);
  await cloud.advance(11 * HOUR);
  expect(opened).toEqual([]);
  await cloud.advance(0.98 * HOUR);
  await until(({ state, tunnelId }) => state === 'connected' && tunnelId === opened[0]);
  expect(opened).toHaveLength(1);
});

it('does not wait for ever for a device that stays away', async () => {
  const first = await open();
  let second = '';
  const { until } = session({ ...first, next: async () => {
    const tunnel = await open('stays away');
    second = tunnel.tunnelId;
    return tunnel;
  } }, await freePort());
  await until(({ state }) => state === 'connected');
  await cloud.advance(11.99 * HOUR);
  while (second === '') await new Promise((resolve) => setImmediate(resolve));
  await cloud.advance(30_000);
  await until(({ state, tunnelId }) => state === 'connected' && tunnelId === second);
});

it('tries again if the next tunnel cannot be opened, and after the first one has ended too', async () => {
  const first = await open();
  let tries = 0;
  let second = '';
  const { until, news } = session({ ...first, next: async () => {
    if (++tries === 1) throw new Error('not now');
    const tunnel = await open();
    second = tunnel.tunnelId;
    return tunnel;
  } }, await freePort());
  await until(({ state }) => state === 'connected');
  await cloud.advance(12 * HOUR + 1_000);
  await until(({ state, tunnelId }) => state === 'connected' && tunnelId === second);
  expect(news.join()).toContain('The next tunnel could not be opened');
});

it('ends with its tunnel if nobody opens another', async () => {
  const { connection, until } = session(await open(), await freePort());
  await until(({ state }) => state === 'connected');
  await cloud.advance(12 * HOUR + 1_000);
  expect((await connection.ended).name).toBe('expired');
});
