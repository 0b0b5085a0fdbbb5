import { normalise } from '../lambda/domain/normalise';
import type { RecoveryPorts } from '../lambda/rotator/context';
import { Rechecks } from '../lambda/rotator/rechecks';
import { recover } from '../lambda/rotator/recovery';
import {
  FakeTunnels, invocation, ManualClock, MemoryAnnouncer, MemoryCourier, MemoryLedger, MemorySignals, MemoryVault, MemoryWitness,
} from '../test/support/fakes';
import { median, type Bench } from './figure';

/** Our own work for a signal, with every port answering at once: what is left is ours, not the SDK's and not AWS's. */
export const hotPath: Bench = {
  title: 'Hot path',
  async measure(effort, say) {
    const rounds = effort === 'quick' ? 5 : 20;
    const each = 5_000;
    const times: number[] = [];
    const heaps: number[] = [];
    for (let round = 0; round < rounds; round++) {
      say(`hot path, ${((round + 1) * each).toLocaleString('en')} signals`);
      const before = process.cpuUsage();
      await signals(each);
      const { user, system } = process.cpuUsage(before);
      times.push((user + system) / each);
      heaps.push(await settledHeap());
    }
    const tail = Math.ceil(rounds / 4);
    return [
      {
        id: 'hot-path.cpu', title: 'our own CPU for a signal', unit: 'µs', value: median(times),
        note: `median of ${rounds} rounds of ${each} signals; goal: under 1,000`,
      },
      {
        id: 'hot-path.drift', title: 'the last signals beside the first', unit: 'µs', value: median(times.slice(-tail)),
        floor: { title: 'the first ones', value: median(times.slice(0, tail)) },
      },
      {
        id: 'hot-path.heap', title: 'heap at the end', unit: 'MB', value: (heaps.at(-1) ?? 0) / 1e6,
        floor: { title: 'heap after the first round', value: heaps[0] / 1e6 },
      },
    ];
  },
};

/** Half of them about healthy tunnels, half about drops, as they come out of the queue. */
async function signals(count: number): Promise<void> {
  const clock = new ManualClock();
  const now = clock.now();
  const body = JSON.stringify({ tunnelId: 'T', clientMode: 'SOURCE', kind: 'drop', via: 'mqtt' });
  for (let index = 0; index < count; index++) {
    const status = index % 2 ? 'CONNECTED' : 'DISCONNECTED';
    const tunnels = new FakeTunnels({
      kind: 'open', at: now, createdAt: now - 3_600_000, expiresAt: now + 3_600_000, services: ['SSH'], tags: {},
      source: { status, lastUpdatedAt: now - 60_000 }, destination: { status: 'CONNECTED', lastUpdatedAt: now - 60_000 },
    });
    const ports: RecoveryPorts = {
      tunnels, clock, ledger: new MemoryLedger(), vault: new MemoryVault(), courier: new MemoryCourier(), signals: new MemorySignals(),
      announcer: new MemoryAnnouncer(), witness: new MemoryWitness(), rechecks: new Rechecks(),
    };
    const normalised = normalise(body, now);
    if (!normalised.ok || !('signal' in normalised)) throw new Error('the bench sends something that is no signal');
    const [outcome] = await recover(normalised.signal, ports, invocation(clock));
    if (outcome?.kind !== (index % 2 ? 'held' : 'rotated')) throw new Error(`a ${status} source was ${outcome?.kind}`);
  }
}

async function settledHeap(): Promise<number> {
  global.gc?.();
  await new Promise((resolve) => setImmediate(resolve));
  return process.memoryUsage().heapUsed;
}
