import type { Observation } from '../../../lambda/domain/vocabulary';
import { sweep, type SweepPorts } from '../../../lambda/sweeper/sweep';
import { ManualClock, MemoryLedger, MemorySignals } from '../../support/fakes';

const SECOND = 1_000;

function fleet(tunnels: Record<string, Observation | Error>, open = Object.keys(tunnels)) {
  const clock = new ManualClock();
  const looked: string[] = [];
  const failed: string[] = [];
  const ports = {
    clock, ledger: new MemoryLedger(), signals: new MemorySignals(),
    pace: async () => clock.advance(100),
    random: () => 0,
    failed: (tunnelId: string) => { failed.push(tunnelId); },
    tunnels: {
      async *openTunnelIds() { yield* open; },
      async observe(id: string): Promise<Observation> {
        looked.push(id);
        const state = tunnels[id] ?? { kind: 'unknown' };
        if (state instanceof Error) throw state;
        return state;
      },
    },
  } satisfies SweepPorts;
  const run = (time = 60 * SECOND, random = 0) => sweep({ ...ports, random: () => random }, clock.now() + time);
  return { ...ports, looked, failedTunnels: failed, run, sentTo: () => ports.signals.sent.map(({ signal }) => signal.tunnelId) };
}

const START = new ManualClock().now();
const open = (source: { status: 'CONNECTED' | 'DISCONNECTED'; lastUpdatedAt?: number }): Observation =>
  ({
    kind: 'open', createdAt: START - 600 * SECOND, expiresAt: START + 3600 * SECOND, services: [], tags: {}, source,
    destination: { status: 'DISCONNECTED', lastUpdatedAt: START - 60 * SECOND },
  });
const healthy = open({ status: 'CONNECTED', lastUpdatedAt: START - 60 * SECOND });
const spent = open({ status: 'DISCONNECTED', lastUpdatedAt: START - 60 * SECOND });
const unused = open({ status: 'DISCONNECTED', lastUpdatedAt: START - 600 * SECOND });

describe('sweep', () => {
  it('GIVEN open tunnels THEN only those that the rotator would act on are signalled', async () => {
    const { run, sentTo } = fleet({ healthy, spent, unused });
    expect(await run()).toEqual({ swept: 3, suspicious: 1, notReached: 0 });
    expect(sentTo()).toEqual(['spent']);
  });

  it('GIVEN a row whose tunnel is gone from the list THEN it is signalled, to be retired', async () => {
    const { run, ledger, sentTo } = fleet({ gone: { kind: 'closed' } }, []);
    ledger.put('gone', 'source', { generation: 1 });
    ledger.put('forgotten', 'source', { generation: 1 });
    await run();
    expect(sentTo().sort()).toEqual(['forgotten', 'gone']);
  });

  it('GIVEN a row under a standing claim THEN it is left alone', async () => {
    const { run, ledger, clock, sentTo } = fleet({ spent });
    ledger.put('spent', 'source', { generation: 0, claim: { versionId: 'v', proofHash: 'h', until: clock.now() + 20 * SECOND } });
    await run();
    expect(sentTo()).toEqual([]);
  });

  it('GIVEN one tunnel that cannot be observed THEN the others are swept all the same', async () => {
    const { run, sentTo, failedTunnels } = fleet({ broken: new Error('no answer'), spent });
    await run();
    expect(sentTo()).toEqual(['spent']);
    expect(failedTunnels).toEqual(['broken']);
  });

  it('GIVEN more tunnels than time THEN it says how many it did not reach, and begins elsewhere next time', async () => {
    const many = Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => [`t${n}`, healthy]));
    const first = fleet(many);
    expect(await first.run(450)).toEqual({ swept: 4, suspicious: 0, notReached: 6 });
    const second = fleet(many);
    await second.run(450, 0.45);
    expect(second.looked).toEqual(['t4', 't5', 't6', 't7']);
  });
});
