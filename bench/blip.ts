import { DEFAULT_POLICY, pause } from '../connector/session/pauses';
import { quantile, type Bench, type Figure } from './figure';
import { Fleet } from './fleet';
import { realBlip } from './real-blip';
import { sameChances, VirtualTime } from './virtual-time';

/** As many tunnels, at so many calls a second, with so many rotators (`maxConcurrency`) at a time, dropping within so many seconds. */
interface Case {
  readonly tunnels: number;
  readonly quota: number;
  readonly concurrency?: number;
  readonly within?: number;
}

/** The default. */
const CONCURRENCY = 10;
const QUICK: readonly Case[] = [{ tunnels: 1_000, quota: 10 }, { tunnels: 1_000, quota: 100 }];
const FULL: readonly Case[] = [
  ...QUICK, { tunnels: 10_000, quota: 10 }, { tunnels: 10_000, quota: 100 }, { tunnels: 10_000, quota: 100, concurrency: 20 },
  { tunnels: 100_000, quota: 100 },
];
/** Twice as many drops as the quota allows recoveries, for three minutes. */
const OVERLOAD: Case = { tunnels: 3_600, quota: 10, within: 180 };

/** Many tunnels drop in the same second, half of them silently; the quota is not told to anybody. */
export const blip: Bench = {
  title: 'Blip',
  async measure(effort, say) {
    const figures: Figure[] = [];
    for (const each of effort === 'quick' ? QUICK : FULL) {
      say(`${each.tunnels.toLocaleString('en')} tunnels drop at once, at ${each.quota} calls a second`);
      figures.push(...figuresOf(each, await after(each)));
    }
    if (effort === 'quick') return figures;
    say('twice as many drops as the quota allows, for three minutes');
    return [...figures, overtaking(await after(OVERLOAD)), ...await realBlip(say)];
  },
};

async function after({ tunnels, quota, concurrency = CONCURRENCY, within = 1 }: Case): Promise<Storm> {
  const time = new VirtualTime();
  const fleet = new Fleet(time, { tunnels, quota, concurrency });
  const began = time.now;
  const random = sameChances();
  await time.run(async () => {
    const served = fleet.serve();
    await Promise.all(Array.from({ length: tunnels }, (_, index) => client(`tunnel-${index}`)));
    fleet.end();
    await served;
  });
  const most = Math.max(...[...fleet.rotations.values()]);
  if (most > 1 || fleet.rotations.size !== tunnels) throw new Error(`${fleet.rotations.size} of ${tunnels} tunnels were rotated, one of them ${most} times`);
  return { fleet, took: (time.now - began) / 1000 };

  /** A connector: says so with its proof, and asks again until it is back. */
  async function client(tunnelId: string): Promise<void> {
    await time.sleep(random() * within * 1_000);
    fleet.drop(tunnelId, random() < 0.5);
    for (let attempt = 0; fleet.isDown(tunnelId); attempt++) {
      fleet.signal(tunnelId, true);
      await Promise.race([fleet.back(tunnelId), time.sleep(pause(DEFAULT_POLICY.askAgain, attempt, random))]);
    }
  }
}

interface Storm {
  readonly fleet: Fleet;
  /** Seconds until the last one was back. */
  readonly took: number;
}

function figuresOf({ tunnels, quota, concurrency }: Case, { fleet: { calls, recoveries }, took }: Storm): Figure[] {
  const name = `${tunnels.toLocaleString('en')} tunnels at ${quota} calls a second${concurrency ? `, maxConcurrency ${concurrency}` : ''}`;
  const id = `blip.${tunnels}.${quota}${concurrency ? `.${concurrency}` : ''}`;
  return [
    {
      id: `${id}.time`, title: `${name}: until all are back`, unit: 's', value: took, goal: 1.05, counted: true,
      floor: { title: 'one Rotate each at the quota', value: tunnels / quota },
      note: [
        'each was rotated once', `median ${(quantile(recoveries, 0.5) / 1000).toFixed(0)} s`, `${calls.deadLetters} dead letters`,
        `${calls.throttled} calls throttled`,
      ].join('; '),
    },
    {
      id: `${id}.calls`, title: `${name}: calls for a recovery`, unit: 'calls', counted: true, goal: 1.5,
      value: (calls.observe + calls.rotate) / tunnels, floor: { title: 'Describe and Rotate', value: 2 },
      note: `${(calls.messages / tunnels).toFixed(1)} messages for a recovery, most of them clients that ask again while they wait`,
    },
  ];
}

/** By how much a later drop was recovered before an earlier one, at the worst. */
function overtaking({ fleet: { drops } }: Storm): Figure {
  let [latest, worst] = [-Infinity, 0];
  for (const droppedAt of drops) {
    worst = Math.max(worst, latest - droppedAt);
    latest = Math.max(latest, droppedAt);
  }
  return {
    id: 'blip.overtaking', title: 'twice as many drops as the quota allows: the most by which a later drop is recovered before an earlier one', unit: 's',
    value: worst / 1000, floor: { title: 'a minute', value: 60 }, goal: 1, counted: true,
  };
}
