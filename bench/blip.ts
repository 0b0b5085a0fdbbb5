import { DEFAULT_POLICY, pause } from '../connector/session/pauses';
import { quantile, type Bench, type Figure } from './figure';
import { Fleet } from './fleet';
import { VirtualTime } from './virtual-time';

const CONCURRENCY = 10;

/** Many tunnels drop in the same second, half of them silently; the quota is not told to anybody. */
export const blip: Bench = {
  title: 'Blip',
  async measure(effort, say) {
    const cases = effort === 'quick' ? [[1_000, 10], [1_000, 100]] : [[1_000, 10], [1_000, 100], [10_000, 10], [10_000, 100], [100_000, 100]];
    const figures: Figure[] = [];
    for (const [tunnels, quota] of cases) {
      say(`${tunnels.toLocaleString('en')} tunnels drop at once, at ${quota} calls a second`);
      figures.push(...await after(tunnels, quota));
    }
    return figures;
  },
};

async function after(tunnels: number, quota: number): Promise<Figure[]> {
  const time = new VirtualTime();
  const fleet = new Fleet(time, { tunnels, quota, concurrency: CONCURRENCY });
  const began = time.now;
  const random = generator();
  await time.run(async () => {
    const served = fleet.serve();
    await Promise.all(Array.from({ length: tunnels }, (_, index) => client(`tunnel-${index}`)));
    fleet.end();
    await served;
  });
  const took = (time.now - began) / 1000;
  const most = Math.max(...[...fleet.rotations.values()]);
  if (most > 1 || fleet.rotations.size !== tunnels) throw new Error(`${fleet.rotations.size} of ${tunnels} tunnels were rotated, one of them ${most} times`);
  const name = `${tunnels.toLocaleString('en')} tunnels at ${quota} calls a second`;
  return [
    {
      id: `blip.${tunnels}.${quota}.time`, title: `${name}: until all are back`, unit: 's', value: took, goal: 1.05, counted: true,
      floor: { title: 'one Rotate each at the quota', value: tunnels / quota },
      note: [
        `median ${(quantile(fleet.recoveries, 0.5) / 1000).toFixed(0)} s`, `${fleet.calls.deadLetters} dead letters`,
        `${fleet.calls.throttled} calls throttled`,
      ].join('; '),
    },
    {
      id: `blip.${tunnels}.${quota}.calls`, title: `${name}: calls for a recovery`, unit: 'calls', counted: true,
      value: (fleet.calls.observe + fleet.calls.rotate) / tunnels, floor: { title: 'Describe and Rotate', value: 2 },
      note: `${(fleet.calls.messages / tunnels).toFixed(1)} messages for a recovery`,
    },
  ];

  /** A connector: says so with its proof, and asks again until it is back. */
  async function client(tunnelId: string): Promise<void> {
    await time.sleep(random() * 1_000);
    fleet.drop(tunnelId, random() < 0.5);
    for (let attempt = 0; fleet.isDown(tunnelId); attempt++) {
      fleet.signal(tunnelId, true);
      await Promise.race([fleet.back(tunnelId), time.sleep(pause(DEFAULT_POLICY.askAgain, attempt, random))]);
    }
  }
}

/** The same chances in every run. */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
