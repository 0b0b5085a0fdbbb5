import type { Observation } from '../../../lambda/domain/vocabulary';
import { DependencyError } from '../../../lambda/domain/errors';
import type { Bookmark } from '../../../lambda/sweeper/round';
import { sweep, type SweepPorts } from '../../../lambda/sweeper/sweep';
import { ManualClock, MemoryLedger, MemorySignals } from '../../support/fakes';

const SECOND = 1_000;

/** Four tunnels a page, in the order given; every call takes a tenth of a second. */
function fleet(tunnels: Record<string, Observation | Error>, open = Object.keys(tunnels)) {
  const clock = new ManualClock();
  const looked: string[] = [];
  const failed: string[] = [];
  const kept: Bookmark[] = [];
  const lists: (string | undefined)[] = [];
  const expired = new Set<string>();
  let listings = 0;
  const ports = {
    clock, ledger: new MemoryLedger(), signals: new MemorySignals(), seen: new Set<string>(),
    bookmarks: {
      read: async () => kept.at(-1),
      write: async (bookmark: Bookmark) => { kept.push(JSON.parse(JSON.stringify(bookmark)) as Bookmark); },
    },
    pace: async () => clock.advance(100),
    failed: (tunnelId: string) => { failed.push(tunnelId); },
    tunnels: {
      async openTunnels(from?: string) {
        lists.push(from);
        const [listing, begin] = from?.split('/') ?? [`${++listings}`, '0'];
        if (expired.has(listing)) throw new DependencyError('IoTSecureTunneling.ListTunnels', 'refused', 'InvalidRequestException', true);
        const end = Number(begin) + 4;
        return { items: open.slice(Number(begin), end), next: end < open.length ? `${listing}/${end}` : undefined };
      },
      refusedPage: (error: unknown) => error instanceof DependencyError,
      async observe(id: string): Promise<Observation> {
        looked.push(id);
        const state = tunnels[id] ?? { kind: 'unknown' };
        if (state instanceof Error) throw state;
        return state;
      },
    },
  } satisfies SweepPorts;
  /** A process that was started anew has seen nobody. */
  const run = (time = 60 * SECOND, afresh = false) => sweep({ ...ports, ...(afresh && { seen: new Set<string>() }) }, clock.now() + time);
  return { ...ports, kept, lists, expired, looked, failedTunnels: failed, run, sentTo: () => ports.signals.sent.map(({ signal }) => signal.tunnelId) };
}

const START = new ManualClock().now();
const open = (source: { status: 'CONNECTED' | 'DISCONNECTED'; lastUpdatedAt?: number }): Observation =>
  ({
    kind: 'open', at: START, createdAt: START - 600 * SECOND, expiresAt: START + 3600 * SECOND, services: [], tags: {}, source,
    destination: { status: 'DISCONNECTED', lastUpdatedAt: START - 60 * SECOND },
  });
const healthy = open({ status: 'CONNECTED', lastUpdatedAt: START - 60 * SECOND });
const spent = open({ status: 'DISCONNECTED', lastUpdatedAt: START - 60 * SECOND });
const unused = open({ status: 'DISCONNECTED', lastUpdatedAt: START - 600 * SECOND });

describe('sweep', () => {
  it('GIVEN open tunnels THEN only those that the rotator would act on are signalled', async () => {
    const { run, sentTo } = fleet({ healthy, spent, unused });
    expect(await run()).toMatchObject({ swept: 3, suspicious: 1, finished: true });
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

  it('GIVEN a row whose owner died over it THEN it is signalled, so that the rotator looks up what he did', async () => {
    const { run, ledger, clock, sentTo } = fleet({ healthy });
    ledger.put('healthy', 'source', { generation: 1, claim: { versionId: 'v', proofHash: 'h', until: clock.now() - 1 } });
    await run();
    expect(sentTo()).toEqual(['healthy']);
  });

  it('GIVEN one tunnel that cannot be observed THEN the others are swept all the same', async () => {
    const { run, sentTo, failedTunnels } = fleet({ broken: new Error('no answer'), spent });
    await run();
    expect(sentTo()).toEqual(['spent']);
    expect(failedTunnels).toEqual(['broken']);
  });

  describe('GIVEN more tunnels than time', () => {
    const names = ['t0', 't1', 't2', 't3', 't4', 't5', 't6', 't7', 't8', 't9'];
    const many = Object.fromEntries(names.map((name) => [name, healthy]));

    it('THEN the next sweeps go on where the bookmark lies, and nobody is looked at twice before all were looked at once', async () => {
      const { run, looked } = fleet(many);
      const reports = [await run(450), await run(450), await run(450), await run(60 * SECOND)];
      expect(looked).toEqual(names);
      expect(reports.map(({ finished }) => finished)).toEqual([false, false, false, true]);
      await run();
      expect(looked).toEqual([...names, ...names]);
    });

    it('THEN a row of a tunnel that is open gets no second look in a round, and one whose tunnel is gone gets one', async () => {
      const { run, ledger, looked } = fleet(many);
      for (const id of ['t1', 't7', 'gone']) ledger.put(id, 'source', { generation: 1 });
      await run(450);
      await run();
      expect(looked).toEqual([...names, 'gone']);
    });

    it('THEN a process that was started in between looks at rows again rather than at none', async () => {
      const { run, ledger, looked } = fleet(many);
      ledger.put('t1', 'source', { generation: 1 });
      await run(450);
      await run(60 * SECOND, true);
      expect(looked).toEqual([...names, 't1']);
    });

    it('THEN it tells how old the oldest look is', async () => {
      const { run, clock } = fleet(many);
      const began = clock.now();
      expect(await run(450)).toMatchObject({ oldestLook: clock.now() - began }); // nobody was looked at before: the round's begin has to do
      clock.advance(60 * SECOND);
      await run();
      const second = clock.now();
      clock.advance(60 * SECOND);
      const { oldestLook } = await run(450);
      expect(clock.now() - oldestLook).toBeGreaterThanOrEqual(began);
      expect(clock.now() - oldestLook).toBeLessThan(second);
    });

    it('WHEN AWS no longer knows the way to the page THEN as many pages are turned as were done', async () => {
      const { run, lists, expired, looked } = fleet(many);
      await run(650); // the first page is done, the second under way
      expired.add('1');
      await run();
      expect(looked).toEqual(names);
      expect(lists).toEqual([undefined, '1/4', '1/4', undefined, '2/4', '2/8']);
    });
  });
});
