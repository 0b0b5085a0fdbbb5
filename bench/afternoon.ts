import { setTimeout as sleep } from 'node:timers/promises';
import { OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import type { CallRecord } from '../local-cloud/calls';
import { AdjustableClock } from '../local-cloud/clock';
import { World, type Tunnel } from '../test/support/world';
import { assembly } from './assembly';
import type { Bench, Effort, Figure } from './figure';
import { rivalAssembly } from './rivals/stacks';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** How long a client that lost its tunnel stays away, in minutes. */
const AWAY = 30;
/** How old an answer of DescribeTunnel may be, if it is only eventually consistent; nobody knows. */
const STALE = 5 * SECOND;
const QUOTA = 10;
const DROPS = { quick: 12, full: 24 };
const CROWD = 40;
/** More than a minute's calls at the quota. */
const FLEET = 700;
/** Two whole sweeps, wherever in its minute the schedule is. */
const WATCHED = 3 * MINUTE;
const RIVAL = 'the afternoon rotator';

type Product = 'ours' | 'rival';

/** The rotator that one writes in an afternoon (`bench/rivals/afternoon.ts`), through the same stories on the same local cloud. */
export const afternoon: Bench = {
  title: 'Beside the afternoon rotator',
  async measure(effort, say) {
    // Much of it is waiting, so both at once.
    const [ours, rival] = await Promise.all([measured('ours', effort, say), measured('rival', effort, say)]);
    const drops = DROPS[effort];
    const about = (id: keyof Measured, title: string, unit: Figure['unit'], note: string, counted = false): Figure =>
      ({ id: `afternoon.${id}`, title, unit, value: ours[id], rivals: [{ title: RIVAL, value: rival[id] }], note, counted });
    return [
      about('reported', 'a drop that its client reports: until the token can be read', 's', `mean of ${drops} drops, spread evenly over the minute`),
      about('unnoticed', 'a drop that nobody reports', 's', `mean of ${drops} drops, spread evenly over the minute`),
      about('rotations', `a client that stays away for ${AWAY} minutes: rotations for its drop`, 'calls', 'a secret takes 100 new versions in 24 hours', true),
      about('killed', `a token just opened that waits ${AWAY} minutes for its operator: rotations`, 'calls', 'the first one makes it worthless', true),
      about('disturbed', `of ${drops} clients that came back, cut off by a rotation`, 'calls',
        `while DescribeTunnel answers what was true ${STALE / SECOND} s ago`, true),
      about('peak', `${CROWD} open tunnels: calls to Secure Tunneling in the busiest second`, 'calls', 'our ceiling is 10; AWS publishes no quota'),
      ...(effort === 'quick' ? [] : [
        about('throttled', `${FLEET} open tunnels for three minutes: calls that AWS throttles`, 'calls', `at ${QUOTA} calls a second, which nobody is told`),
        about('overlooked', `${FLEET} open tunnels for three minutes: never looked at`, 'calls',
          'the rival begins anew each minute, and its timeout of a minute stops it'),
      ]),
    ];
  },
};

type Measured = Record<'reported' | 'unnoticed' | 'rotations' | 'killed' | 'disturbed' | 'peak' | 'throttled' | 'overlooked', number>;

async function measured(product: Product, effort: Effort, say: (line: string) => void): Promise<Measured> {
  const drops = DROPS[effort];
  const directory = product === 'ours' ? assembly() : rivalAssembly('afternoon');
  say(`${drops} drops, ${product}`);
  const stories = await onStage(directory, async (stage) => ({
    reported: await meanRecovery(stage, drops, (tunnel) => tunnel.signal({ proof: tunnel.proof })),
    unnoticed: await meanRecovery(stage, drops, async () => undefined),
    rotations: await rotationsAfter(stage, async (tunnel) => {
      await tunnel.connect();
      await tunnel.drop();
    }),
    killed: await rotationsAfter(stage, async () => undefined),
    disturbed: await disturbed(stage, drops),
  }));
  const peak = await onStage(directory, crowd);
  if (effort === 'quick') return { ...stories, peak, throttled: 0, overlooked: 0 };
  say(`three minutes of ${FLEET} open tunnels, ${product}`);
  return { ...stories, peak, ...await onStage(directory, largeFleet) };
}

interface Stage {
  readonly world: World;
  readonly clock: AdjustableClock;
}

async function onStage<T>(directory: string, play: (stage: Stage) => Promise<T>): Promise<T> {
  const clock = new AdjustableClock();
  const world = await World.begin(directory, {}, clock);
  try {
    return await play({ world, clock });
  } finally {
    await world.end();
  }
}

/** Seconds from a drop to a token that can be read; drops come at each part of the minute. */
async function meanRecovery(stage: Stage, drops: number, report: (tunnel: Tunnel) => Promise<void>): Promise<number> {
  let total = 0;
  await eachDrop(stage, drops, async (tunnel, drop) => {
    await phase(stage, drop, drops);
    await tunnel.cut();
    total += await delivery(stage, () => report(tunnel));
    await tunnel.reconnect();
  });
  return total / drops;
}

/** A tunnel has only so many drops at once before it counts as flapping, so now and then there is a new one. */
async function eachDrop(stage: Stage, drops: number, play: (tunnel: Tunnel, drop: number) => Promise<void>): Promise<void> {
  let tunnel: Tunnel | undefined;
  for (let drop = 0; drop < drops; drop++) {
    if (drop % 8 === 0) {
      await tunnel?.close();
      tunnel = await recoveredTunnel(stage);
    }
    if (tunnel) await play(tunnel, drop);
  }
  await tunnel?.close();
}

/** A minute passes, and then a part of the next one. A schedule that was due fires when the clock has been put forward, and then a minute later. */
async function phase({ world }: Stage, part: number, parts: number): Promise<void> {
  await world.advance(MINUTE);
  await world.advance(((part + 0.5) * MINUTE) / parts);
}

/** Its source has had a token out of the secret, and used it. */
async function recoveredTunnel(stage: Stage): Promise<Tunnel> {
  const tunnel = await stage.world.openTunnel();
  await tunnel.connect();
  await tunnel.drop();
  await delivery(stage, () => tunnel.signal());
  await tunnel.reconnect();
  return tunnel;
}

/** Lets time pass until a token lies in a secret; seconds. */
async function delivery({ world, clock }: Stage, report: () => Promise<void>): Promise<number> {
  const droppedAt = clock.now();
  let put: CallRecord | undefined;
  listen(world, (call) => { if (/^(PutSecretValue|CreateSecret)$/.test(call.action) && call.status === 200) put = call; });
  await report();
  for (let second = 0; second < 300; second++) {
    await world.cloud.idle();
    if (put) return (put.startedAt + (put.duration ?? 0) - droppedAt) / SECOND;
    await world.advance(SECOND);
  }
  throw new Error('nothing was delivered within five minutes');
}

/** How often a tunnel is rotated while nobody uses it. */
async function rotationsAfter({ world }: Stage, begin: (tunnel: Tunnel) => Promise<void>): Promise<number> {
  const tunnel = await world.openTunnel();
  await begin(tunnel);
  for (let minute = 0; minute < AWAY; minute++) await world.advance(MINUTE);
  const { rotations } = tunnel.record;
  await tunnel.close();
  return rotations;
}

/** Clients come back at each part of the minute, and meet whoever believes an old answer. */
async function disturbed(stage: Stage, drops: number): Promise<number> {
  const { world } = stage;
  let kicked = 0;
  await eachDrop(stage, drops, async (tunnel, drop) => {
    await tunnel.cut();
    await delivery(stage, () => tunnel.signal({ proof: tunnel.proof }));
    await phase(stage, drop, drops);
    const { kicks } = tunnel.record;
    await tunnel.reconnect();
    Object.assign(world.cloud.tunneling.behaviour, { staleDescribeShare: 1, staleDescribeLagMs: STALE });
    for (let second = 0; second < 70; second++) await world.advance(SECOND);
    Object.assign(world.cloud.tunneling.behaviour, { staleDescribeShare: 0 });
    if (tunnel.record.kicks === kicks) return;
    kicked += 1;
    await tunnel.reconnect();
  });
  return kicked;
}

/** A look at each of so many open tunnels, as fast as it will. */
async function crowd({ world }: Stage): Promise<number> {
  await open(world, CROWD);
  const seconds = new Map<number, number>();
  for (const { startedAt } of await round(world)) seconds.set(Math.floor(startedAt / SECOND), (seconds.get(Math.floor(startedAt / SECOND)) ?? 0) + 1);
  return Math.max(...seconds.values());
}

/** So many that a minute's calls at the quota are not enough for them; both run by their schedules. */
async function largeFleet({ world }: Stage): Promise<Pick<Measured, 'throttled' | 'overlooked'>> {
  await open(world, FLEET);
  Object.assign(world.cloud.tunneling.behaviour, { describeQuotaPerSecond: QUOTA, listQuotaPerSecond: QUOTA });
  const calls: CallRecord[] = [];
  listen(world, (call) => { if (call.caller !== 'user' && /Tunnel/.test(call.action)) calls.push(call); });
  await sleep(WATCHED);
  const looks = calls.filter(({ action, status }) => action === 'DescribeTunnel' && status === 200);
  return { throttled: calls.filter(({ status }) => status >= 400).length, overlooked: FLEET - new Set(looks.flatMap(({ resources }) => resources)).size };
}

async function open(world: World, tunnels: number): Promise<void> {
  for (let index = 0; index < tunnels; index++) await world.tunneling.send(new OpenTunnelCommand({}));
}

async function round(world: World): Promise<CallRecord[]> {
  const calls: CallRecord[] = [];
  listen(world, (call) => { if (call.caller !== 'user' && /Tunnel/.test(call.action)) calls.push(call); });
  await world.sweep();
  return calls;
}

/** The call log keeps the last ones only, so whoever counts listens. */
function listen(world: World, heard: (call: CallRecord) => void): void {
  world.cloud.calls.onEnd(heard);
}
