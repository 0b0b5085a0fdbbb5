import type { SweepPorts } from '../lambda/sweeper/sweep';
import { sweep } from '../lambda/sweeper/sweep';
import { DEFAULT_POLICY } from '../lambda/domain/policy';
import { ManualClock } from '../test/support/fakes';
import type { Bench, Figure } from './figure';

/** ListTunnels answers so many at once. */
const PAGE = 100;

/** What a look at every open tunnel asks of AWS, and how long it takes at a quota of ten calls a second, in virtual time. */
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
  let calls = 0;
  let peak = 0;
  const seen = new Set<string>();
  const ports: SweepPorts = {
    clock,
    ledger: { read: async () => ({}), rowTunnels: async () => ({ items: [] }) },
    bookmarks: { read: async () => undefined, write: async () => undefined },
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
        seen.add(tunnelId);
        if (calls % 5_000 === 0) peak = Math.max(peak, process.memoryUsage().heapUsed);
        const at = clock.now() - 60_000;
        const side = { status: 'CONNECTED', lastUpdatedAt: at } as const;
        return { kind: 'open', at, createdAt: at, expiresAt: at + 3_600_000, services: ['SSH'], tags: {}, source: side, destination: side };
      },
    },
    signals: { send: async () => undefined },
    pace: async () => clock.advance(100),
    failed: () => undefined,
  };
  await sweep(ports, Infinity, DEFAULT_POLICY);
  if (seen.size !== size) throw new Error(`${size - seen.size} tunnels were not looked at`);
  return [
    {
      id: `sweep.${size}.calls`, title: `${size.toLocaleString('en')} open tunnels: calls`, unit: 'calls', value: calls, counted: true, goal: 1,
      floor: { title: 'tunnels and pages', value: size + Math.ceil(size / PAGE) },
      note: `a round takes ${((clock.now() - began) / 1000).toFixed(0)} s at ten calls a second; heap ${(peak / 1e6).toFixed(0)} MB`,
    },
  ];
}
