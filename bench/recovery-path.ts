import { setTimeout as sleep } from 'node:timers/promises';
import type { CallRecord, Interceptor } from '../local-cloud/calls';
import { AdjustableClock } from '../local-cloud/clock';
import { World, type Tunnel } from '../test/support/world';
import { assembly } from './assembly';
import { median, type Bench, type Figure } from './figure';
import { rivalAssembly } from './rivals/stacks';

/** What each call to AWS takes, in milliseconds. */
const LATENCY = 20;
/**
 * What the local cloud needs for a call lies within its time: it needs a millisecond for some and five for others (its DynamoDB), and AWS is
 * not like that.
 */
const slow: Interceptor = async (_call, proceed) => {
  const [result] = await Promise.allSettled([proceed(), sleep(LATENCY)]);
  if (result.status === 'rejected') throw result.reason;
  return result.value;
};
/** Nobody can do without: the token has to be made, and to be put where it is read. */
const UNAVOIDABLE = 2;

interface Way {
  readonly id: 'proof' | 'hint' | 'first-token';
  readonly title: string;
  readonly goal: number;
  /** Why there are no fewer calls that wait for each other. */
  readonly steps: string;
}

const WAYS: readonly Way[] = [
  { id: 'proof', title: 'a drop with proof', goal: 1.6, steps: 'the look, with the claim beside it; Rotate; Put' },
  { id: 'hint', title: 'a drop by a hint', goal: 2.1, steps: 'the look; the claim, with the second look beside it; Rotate; Put' },
  {
    id: 'first-token', title: "a tunnel's first token", goal: 1.6,
    steps: 'as a hint, so 2.00 is the least: a claim beside the first look would write a row for whatever id anybody names',
  },
];

/**
 * From a signal's arrival in the rotator to the moment when the token can be read, with every call to AWS taking 20 ms: what lies between is
 * the number of calls that wait for each other, and our own work.
 */
export const recoveryPath: Bench = {
  title: 'Recovery path',
  async measure(effort, say) {
    const world = await World.begin(assembly(), {}, new AdjustableClock());
    try {
      await world.cloud.deploy(rivalAssembly('two-calls'));
      const rounds = effort === 'quick' ? 3 : 15;
      const found: Record<Way['id'], Pair[]> = { 'first-token': [], proof: [], hint: [] };
      for (let round = 0; round < rounds; round++) {
        say(`recovery path, round ${round + 1} of ${rounds}`);
        const tunnel = await world.openTunnel({ thingName: `pump-${round}` });
        const other = await world.openTunnel({ thingName: `other-${round}` });
        await tunnel.connect();
        await tunnel.drop();
        // Ours and the least in turns, so that a busy moment of the machine meets both.
        found['first-token'].push({ ours: await rotatorsPath(world, () => tunnel.signal({})), least: await leastPath(world, other, true) });
        await tunnel.reconnect();
        await tunnel.cut();
        found.proof.push({ ours: await rotatorsPath(world, () => tunnel.signal({ proof: tunnel.proof })), least: await leastPath(world, other, false) });
        await tunnel.reconnect();
        await world.advance(20_000); // the last delivery has settled
        await tunnel.cut();
        found.hint.push({ ours: await rotatorsPath(world, () => tunnel.signal({})), least: await leastPath(world, other, false) });
        await tunnel.close();
        await other.close();
      }
      return WAYS.flatMap((way) => figuresOf(way, found[way.id]));
    } finally {
      await world.end();
    }
  },
};

interface Pair {
  readonly ours: Path;
  readonly least: Path;
}

interface Path {
  readonly duration: number;
  /** Of it, while no call is under way. */
  readonly own: number;
  readonly sequential: number;
}

const rotatorsPath = (world: World, provoke: () => Promise<void>) => pathOf(world, 'RotatorFunction', provoke);

/** A function of its own that does nothing but what nobody can do without, on the same cloud. */
function leastPath(world: World, { id: tunnelId }: Tunnel, isFirst: boolean): Promise<Path> {
  return pathOf(world, 'TwoCalls', async () => { await world.cloud.functions.invoke('TwoCalls', { tunnelId, isFirst }); });
}

async function pathOf(world: World, name: string, provoke: () => Promise<void>): Promise<Path> {
  await world.cloud.idle();
  const fast = world.cloud.calls.intercept(slow);
  const before = world.cloud.calls.records.length;
  await provoke();
  await world.cloud.idle();
  fast();
  const calls = world.cloud.calls.records.slice(before).filter(({ caller }) => caller === world.cloud.functions.get(name).name);
  const readable = calls.find(({ action, status }) => /^(PutSecretValue|CreateSecret)$/.test(action) && status === 200);
  if (!readable) throw new Error('nothing was delivered');
  const onPath = calls.filter(({ startedAt, action }) => startedAt <= readable.startedAt && action !== 'ReceiveMessage' && action !== 'GetQueueAttributes');
  const duration = endOf(readable) - Math.min(...onPath.map(({ startedAt }) => startedAt));
  return { duration, own: duration - waitingOf(onPath), sequential: stepsOf(onPath) };
}

/** How many of these calls waited for another one of them. */
function stepsOf(calls: readonly CallRecord[]): number {
  let steps = 0;
  let until = -Infinity;
  for (const call of [...calls].sort((a, b) => a.startedAt - b.startedAt)) {
    if (call.startedAt >= until) {
      steps += 1;
      until = endOf(call);
    } else {
      until = Math.min(until, endOf(call));
    }
  }
  return steps;
}

/** How long at least one of them was under way. */
function waitingOf(calls: readonly CallRecord[]): number {
  let [waiting, until] = [0, -Infinity];
  for (const call of [...calls].sort((a, b) => a.startedAt - b.startedAt)) {
    waiting += Math.max(0, endOf(call) - Math.max(until, call.startedAt));
    until = Math.max(until, endOf(call));
  }
  return waiting;
}

const endOf = ({ startedAt, duration = 0 }: CallRecord) => startedAt + duration;

function figuresOf({ id, title, goal, steps }: Way, pairs: readonly Pair[]): Figure[] {
  // A busy machine only ever adds to a time, and to three calls more often than to two.
  const best = (times: readonly number[]) => Math.min(...times);
  return [
    {
      id: `recovery.${id}`, title: `${title}: signal to token`, unit: 'ms', value: best(pairs.map(({ ours }) => ours.duration)), goal,
      floor: { title: 'a function that makes the two calls', value: best(pairs.map(({ least }) => least.duration)) },
      note: [
        `of it ${best(pairs.map(({ ours }) => ours.own)).toFixed(0)} ms between calls; the best of ${pairs.length} each, in turns`,
        `every call to AWS takes ${LATENCY} ms, in which the local cloud does its work`,
      ].join('; '),
    },
    {
      id: `recovery.${id}.calls`, title: `${title}: calls that wait for each other`, unit: 'calls', counted: true,
      value: median(pairs.map(({ ours }) => ours.sequential)), floor: { title: 'Rotate and Put', value: UNAVOIDABLE }, note: steps,
    },
  ];
}
