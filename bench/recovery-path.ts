import type { CallRecord } from '../local-cloud/calls';
import { AdjustableClock } from '../local-cloud/clock';
import { FAIR } from '../local-cloud/weather/forecast';
import { World, type Tunnel } from '../test/support/world';
import { assembly } from './assembly';
import { median, type Bench, type Figure } from './figure';

/** What each call to AWS takes, in milliseconds. */
const LATENCY = 20;
/** Nobody can do without: the token has to be made, and to be put where it is read. */
const UNAVOIDABLE = ['RotateTunnelAccessToken', 'PutSecretValue'];

interface Way {
  readonly id: 'proof' | 'hint' | 'first-token';
  readonly title: string;
  readonly goal: number;
  provoke(tunnel: Tunnel): Promise<void>;
}

const WAYS: readonly Way[] = [
  {
    id: 'proof', title: 'a drop with proof', goal: 1.6,
    async provoke(tunnel) {
      await tunnel.cut();
      await tunnel.signal({ proof: tunnel.proof });
    },
  },
  {
    id: 'hint', title: 'a drop by a hint', goal: 2.1,
    async provoke(tunnel) {
      await tunnel.world.advance(20_000); // the last delivery has settled
      await tunnel.cut();
      await tunnel.signal({});
    },
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
      const rounds = effort === 'quick' ? 3 : 15;
      const figures: Figure[] = [];
      const firsts: Path[] = [];
      const others = new Map<Way, Path[]>(WAYS.map((way) => [way, []]));
      for (let round = 0; round < rounds; round++) {
        say(`recovery path, round ${round + 1} of ${rounds}`);
        const tunnel = await world.openTunnel({ thingName: `pump-${round}` });
        await tunnel.connect();
        await tunnel.drop();
        firsts.push(await pathOf(world, () => tunnel.signal({})));
        await tunnel.reconnect();
        for (const way of WAYS) {
          others.get(way)?.push(await pathOf(world, () => way.provoke(tunnel)));
          await tunnel.reconnect();
        }
        await tunnel.close();
      }
      for (const [way, paths] of others) figures.push(...figuresOf(way.id, way.title, way.goal, paths));
      return [...figures, ...figuresOf('first-token', "a tunnel's first token", 1.6, firsts)];
    } finally {
      await world.end();
    }
  },
};

interface Path {
  readonly duration: number;
  readonly sequential: number;
}

async function pathOf(world: World, provoke: () => Promise<void>): Promise<Path> {
  await world.cloud.idle();
  await world.cloud.setWeather({ ...FAIR, calls: [{ on: '*', latency: [LATENCY, LATENCY] }] });
  const before = world.cloud.calls.records.length;
  await provoke();
  await world.cloud.idle();
  await world.cloud.setWeather(FAIR);
  const rotator = world.cloud.functions.get('RotatorFunction').name;
  const calls = world.cloud.calls.records.slice(before).filter(({ caller }) => caller === rotator);
  const readable = calls.find(({ action, status }) => /^(PutSecretValue|CreateSecret)$/.test(action) && status === 200);
  const rotation = calls.find(({ action }) => action === UNAVOIDABLE[0]);
  if (!readable || !rotation) throw new Error('nothing was delivered');
  // Of the message that rotated: a look that came before it, for an earlier message, is not on the path.
  const onPath = calls.filter(({ startedAt, action }) => startedAt <= readable.startedAt && action !== 'ReceiveMessage' && action !== 'GetQueueAttributes');
  const begun = Math.min(...onPath.map(({ startedAt }) => startedAt));
  return { duration: endOf(readable) - begun, sequential: stepsOf(onPath) };
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

const endOf = ({ startedAt, duration = 0 }: CallRecord) => startedAt + duration;

function figuresOf(id: string, title: string, goal: number, paths: readonly Path[]): Figure[] {
  return [
    {
      id: `recovery.${id}`, title: `${title}: signal to token`, unit: 'ms', value: median(paths.map(({ duration }) => duration)), goal,
      floor: { title: 'Rotate and Put, one after the other', value: UNAVOIDABLE.length * LATENCY },
      note: `median of ${paths.length}, every call to AWS takes ${LATENCY} ms`,
    },
    {
      id: `recovery.${id}.calls`, title: `${title}: calls that wait for each other`, unit: 'calls', counted: true,
      value: median(paths.map(({ sequential }) => sequential)), floor: { title: 'Rotate and Put', value: UNAVOIDABLE.length },
    },
  ];
}
