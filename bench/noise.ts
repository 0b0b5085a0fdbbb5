import { quantile, type Bench, type Figure } from './figure';
import { Fleet } from './fleet';
import { VirtualTime } from './virtual-time';

const FLEET = { tunnels: 200, quota: 10, concurrency: 10 };
const MINUTES = { quick: 2, full: 10 };
/** Of other tunnels, with proof. */
const DROPS_A_SECOND = 0.5;

/** One client that cries wolf about a healthy tunnel, and what the others have of it. */
export const noise: Bench = {
  title: 'Noise',
  async measure(effort, say) {
    const quiet = await listen(0, MINUTES[effort]);
    const figures: Figure[] = [];
    for (const hints of [2, 20]) {
      say(`${hints} hints a second about one healthy tunnel, for ${MINUTES[effort]} minutes`);
      const noisy = await listen(hints, MINUTES[effort]);
      figures.push(
        {
          id: `noise.${hints}.p95`, title: `${hints} hints a second: the others' proven recoveries, 95th percentile`, unit: 'ms', value: noisy.p95, goal: 1.5,
          floor: { title: 'without noise', value: quiet.p95 }, counted: true, note: `the queue held ${noisy.longestQueue} messages at the most`,
        },
        {
          id: `noise.${hints}.calls`, title: `${hints} hints a second: calls of DescribeTunnel for a hint`, unit: 'calls', counted: true,
          value: (noisy.observed - quiet.observed) / noisy.hints, note: `${((noisy.messages - quiet.messages) / noisy.hints).toFixed(2)} messages for a hint`,
        },
      );
    }
    return figures;
  },
};

async function listen(hintsPerSecond: number, minutes: number) {
  const time = new VirtualTime();
  const fleet = new Fleet(time, FLEET);
  const seconds = minutes * 60;
  let hints = 0;
  await time.run(async () => {
    const served = fleet.serve();
    await Promise.all([drops(), cries()]);
    await time.sleep(60_000);
    fleet.end();
    await served;

    async function drops(): Promise<void> {
      for (let count = 0; count < seconds * DROPS_A_SECOND; count++) {
        await time.sleep(1_000 / DROPS_A_SECOND);
        const tunnelId = `tunnel-${1 + (count % (FLEET.tunnels - 1))}`;
        fleet.drop(tunnelId, false);
        fleet.signal(tunnelId, true);
      }
    }

    async function cries(): Promise<void> {
      for (; hints < seconds * hintsPerSecond; hints++) {
        await time.sleep(1_000 / hintsPerSecond);
        fleet.signal('tunnel-0', false);
      }
    }
  });
  if (fleet.rotations.has('tunnel-0')) throw new Error('the healthy tunnel was rotated');
  const { observe: observed, messages } = fleet.calls;
  return { p95: quantile(fleet.recoveries, 0.95), longestQueue: fleet.longestQueue, observed, messages, hints };
}
