import type { Bookmark } from '../lambda/sweeper/round';
import { sweep, type SweepPorts } from '../lambda/sweeper/sweep';
import { DEFAULT_POLICY } from '../lambda/domain/policy';
import { ManualClock } from '../test/support/fakes';
import type { Bench, Figure } from './figure';

/** ListTunnels answers so many at once. */
const PAGE = 100;
const MINUTE = 60_000;
/** What a sweep has of its minute: its timeout, less what it keeps free for its end. */
const SWEEP = 45_000;
/** As the construct sets it: calls a second. */
const PACE = 10;

/** Rounds of looks at every open tunnel, sweep after sweep as the schedule begins them, in virtual time. */
export const sweeping: Bench = {
  title: 'Sweep',
  async measure(effort, say) {
    const sizes = effort === 'quick' ? [1_000, 10_000] : [1_000, 10_000, 100_000];
    const figures: Figure[] = [];
    for (const size of sizes) {
      say(`sweeping ${size.toLocaleString('en')} tunnels`);
      figures.push(...await roundOf(size));
    }
    return figures;
  },
};

async function roundOf(size: number): Promise<Figure[]> {
  const clock = new ManualClock();
  const began = clock.now();
  const looks = new Uint8Array(size);
  const heapBefore = settledHeap();
  let calls = 0;
  let bookmark: Bookmark | undefined;
  let oldest = 0;
  const ports: SweepPorts = {
    clock,
    ledger: { read: async () => ({}), rowTunnels: async () => ({ items: [] }) },
    bookmarks: { read: async () => bookmark, write: async (at) => { bookmark = at; } },
    seen: new Set(),
    tunnels: {
      refusedPage: () => false,
      async openTunnels(from = '0') {
        calls += 1;
        const begin = Number(from);
        const end = Math.min(size, begin + PAGE);
        return { items: Array.from({ length: end - begin }, (_, index) => `tunnel-${begin + index}`), next: end < size ? `${end}` : undefined };
      },
      async observe(tunnelId) {
        calls += 1;
        looks[Number(tunnelId.slice('tunnel-'.length))] += 1;
        const at = clock.now() - MINUTE;
        const side = { status: 'CONNECTED', lastUpdatedAt: at } as const;
        return { kind: 'open', at, createdAt: at, expiresAt: at + 60 * MINUTE, services: ['SSH'], tags: {}, source: side, destination: side };
      },
    },
    signals: { send: async () => undefined },
    pace: async () => clock.advance(1_000 / PACE),
    failed: () => undefined,
  };
  let heap = heapBefore;
  let sweeps = 0;
  for (let finished = false; !finished; sweeps++) {
    const start = clock.now();
    const report = await sweep(ports, start + SWEEP, DEFAULT_POLICY);
    oldest = Math.max(oldest, report.oldestLook);
    finished = report.finished;
    if (!finished) clock.advance(Math.max(0, start + MINUTE - clock.now()));
    if (sweeps % 25 === 0) heap = Math.max(heap, settledHeap());
  }
  if (looks.some((times) => times !== 1)) throw new Error('a tunnel was looked at twice, or not at all, in one round');
  const name = `${size.toLocaleString('en')} open tunnels`;
  const pages = Math.ceil(size / PAGE);
  // A page that is not done when the time is up is asked for once more.
  return [
    {
      id: `sweep.${size}.calls`, title: `${name}: calls of a round`, unit: 'calls', value: calls, counted: true, goal: 1.01,
      floor: { title: 'tunnels and pages', value: size + pages },
      note: `${sweeps} sweeps in ${((clock.now() - began) / 1000).toFixed(0)} s at ${PACE} calls a second; each was looked at once`,
    },
    {
      id: `sweep.${size}.age`, title: `${name}: the oldest look`, unit: 's', value: oldest / 1000, counted: true,
      note: 'the metric `OldestLook`, whose alarm goes off at 900 s; a drop that nobody reports is found within it',
    },
    {
      id: `sweep.${size}.heap`, title: `${name}: heap that a round adds`, unit: 'MB', value: (heap - heapBefore) / 1e6,
      note: 'the ids of the round, which need no second look as rows; of the 256 MB that a function has',
    },
  ];
}

function settledHeap(): number {
  global.gc?.();
  return process.memoryUsage().heapUsed;
}
