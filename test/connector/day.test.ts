import { getEventListeners } from 'node:events';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { startEchoDevice } from '../../demo/device';
import { AdjustableClock } from '../../local-cloud/clock';
import type { LocalCloud } from '../../local-cloud/cloud';
import { connectDestination } from '../../tunnel-protocol/peer';
import { cloudClock } from './support/cloud-clock';
import { freePort, Operator } from './support/operator';
import { Quiet } from './support/quiet';
import { Desk } from './support/desk';
import { PREFIX, type StubRotator } from './support/stub-rotator';

/** A day of a session, cut every few minutes, with real sockets and virtual time: what it holds at its end is what it held after two hours. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A machine that slept for longer would suspect its connections. */
const STRIDE = 5_000;
const STEP = 1_000;
/** A machine that is busy has a call more under way. One leaked in an hour is more. */
const FEW = 5;

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;

const RealController = global.AbortController;
let desk: Desk;
let directory: string;
let time: AdjustableClock;
let cloud: LocalCloud;
let rotator: StubRotator;
let tunneling: IoTSecureTunnelingClient;
let quiet: Quiet;
let ends: (() => unknown)[];
/** Every one that was made, as long as somebody holds it. */
let signals: WeakRef<AbortSignal>[];

beforeEach(async () => {
  time = new AdjustableClock({ stopped: true });
  desk = await Desk.begin({ clock: time, tunneling: { silentDropDelayMs: 10 * MINUTE } });
  ({ cloud, rotator, tunneling, directory } = desk);
  quiet = new Quiet();
  ends = [];
  signals = [];
  global.AbortController = class extends RealController {
    constructor() {
      super();
      signals.push(new WeakRef(this.signal));
    }
  };
});

afterEach(async () => {
  global.AbortController = RealController;
  for (const end of ends) await end();
  quiet.close();
  await desk.end();
});

async function open() {
  const { tunnelId = '', sourceAccessToken, destinationAccessToken = '' } = await tunneling.send(
    new OpenTunnelCommand({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } }));
  const echo = await startEchoDevice();
  const destination = await connectDestination({ endpoint: cloud.endpoint, token: destinationAccessToken, targets: { SSH: { port: echo.port } } });
  void destination.closed.then(() => echo.close()); // with the tunnel
  ends.push(() => destination.close());
  return { tunnelId, firstToken: sourceAccessToken };
}

interface Holdings {
  readonly sockets: number;
  readonly timers: number;
  readonly listeners: number;
  readonly heap: number;
}

/** Time passes, while nothing is on its way; so long, or until something has come about. */
async function pass(milliseconds: number, until?: () => boolean): Promise<void> {
  const step = until ? STEP : STRIDE;
  for (let passed = 0; passed < milliseconds && !until?.(); passed += step) {
    time.advance(step);
    await quiet.comes();
    await rotator.idle();
  }
}

function holdings(): Holdings {
  const resources = process.getActiveResourcesInfo();
  (cloud.calls['log'] as unknown[]).length = 0;
  collect();
  signals = signals.filter((each) => each.deref());
  return {
    sockets: resources.filter((name) => /^(TCP|TLS|Pipe)/.test(name)).length,
    timers: time['pending'].size,
    listeners: signals.reduce((sum, each) => sum + getEventListeners(each.deref()!, 'abort').length, 0),
    heap: process.memoryUsage().heapUsed,
  };
}

async function begin(clientToken: boolean): Promise<Operator> {
  const port = await freePort();
  const operator = new Operator(port, {
    ...await open(), next: open, clientToken, clock: cloudClock(time), secretPrefix: PREFIX, footprints: join(directory, 'footprints'),
    proxy: { services: [`SSH=${port}`], endpoint: cloud.endpoint },
  });
  ends.unshift(() => operator.stop());
  return operator;
}

interface Day {
  /** At the end of each hour. */
  readonly hours: readonly Holdings[];
  readonly cuts: number;
  /** Until silence was noticed, in milliseconds. */
  readonly silences: readonly number[];
}

/** A client talks, stands, and is cut, by a reset or each twelfth time in silence, every so many minutes. */
async function live(operator: Operator, minutes: number): Promise<Day> {
  const connections = () => operator.states.filter(({ state }) => state === 'connected').length;
  await pass(MINUTE, () => connections() > 0);
  const start = time.now();
  const hours: Holdings[] = [];
  const silences: number[] = [];
  let cuts = 0;
  while (hours.length < 24) {
    expect(await operator.talk('hello')).toBe(true);
    await pass(minutes * MINUTE);
    if (time.now() - start >= (hours.length + 1) * HOUR) hours.push(holdings());
    const known = connections();
    const { tunnelId } = operator.states.at(-1)!;
    if (++cuts % 12 === 0) silences.push(await silently(tunnelId, operator));
    else cloud.tunneling.admin.cut(tunnelId, 'source');
    await operator.hangup();
    await pass(10 * MINUTE, () => connections() > known);
    expect(connections()).toBeGreaterThan(known);
  }
  return { hours, cuts, silences };
}

/** @returns how long it took until somebody noticed */
async function silently(tunnelId: string, operator: Operator): Promise<number> {
  const since = time.now();
  let noticed = false;
  void operator.hangup().then(() => { noticed = true; });
  quiet.deaf = true;
  cloud.tunneling.admin.cutSilently(tunnelId, 'source', { clientNotices: false });
  await pass(MINUTE, () => noticed);
  quiet.deaf = false;
  return time.now() - since;
}

it.each([
  ['heals with its client token', true, 5], ['takes a rotation for each cut', false, 16],
])('a session that %s holds after a day what it held after two hours', async (_, clientToken, minutes) => {
  const operator = await begin(clientToken);
  const { hours, cuts, silences } = await live(operator, minutes);
  // Three tunnels, one after the other. The moment between two of them is no time to count.
  expect(new Set(operator.states.map(({ tunnelId }) => tunnelId)).size).toBe(3);
  expect(operator.states.at(-1)).toMatchObject({ state: 'connected', drops: cuts });
  expect(rotator.signals).toHaveLength(clientToken ? 0 : cuts);
  expect(Math.max(...silences)).toBeLessThanOrEqual(12_000);
  for (const what of ['sockets', 'timers', 'listeners'] as const) {
    const most = Math.max(...hours.slice(2).map((hour) => hour[what]));
    expect({ what, more: Math.max(0, most - hours[1][what] - FEW) }).toEqual({ what, more: 0 });
  }
  // What is kept of each cut here (states, counts) is a few hundred kilobytes in half a day; each connection with its buffers is more.
  expect(hours[23].heap - hours[11].heap).toBeLessThan(1_200_000);
}, 600_000);
