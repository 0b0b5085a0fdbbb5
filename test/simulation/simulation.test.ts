import { MUTANTS } from '../../simulation/mutants';
import { hunt, PRODUCT, run } from '../../simulation/run';

jest.setTimeout(120_000);

/** `npm run simulate` runs more; this many take a few seconds. */
const DROPS = 5_000;
const MOST_DROPS_FOR_A_BUG = 20_000;

describe('the simulation', () => {
  it('GIVEN the code that ships WHEN sources drop thousands of times in bad weather THEN every invariant holds', async () => {
    const { tally, broken } = await run(PRODUCT, { seed: 1, drops: DROPS });
    expect(broken).toEqual([]);
    expect(tally.drops).toBeGreaterThanOrEqual(DROPS);
  });

  it('GIVEN the same seed THEN the same worlds, to the last step', async () => {
    const [one, other] = [await run(PRODUCT, { seed: 7, drops: 500 }), await run(PRODUCT, { seed: 7, drops: 500 })];
    expect(one).toEqual(other);
  });

  it('GIVEN enough worlds THEN every fault strikes and every outcome comes about', async () => {
    const { tally } = await run(PRODUCT, { seed: 3, drops: 2_000 });
    expect([...tally.faults.keys()].sort()).toEqual([
      'crashed before', 'crashed in flight', 'failed', 'failed after effect', 'forbidden', 'hung', 'message handed out twice', 'message not deleted',
      'repeated', 'repeated late', 'signal delayed', 'signal doubled', 'signal lost', 'sweep doubled', 'sweep lost', 'throttled', 'timed out',
    ]);
    expect([...tally.outcomes.keys()]).toEqual(expect.arrayContaining([
      'rotated', 'held: claimed', 'held: connected', 'held: flapping', 'held: settling', 'held: tunnel-closed', 'held: unknown-tunnel', 'held: unused',
      'retired: tunnel-closed', 'retired: unknown-tunnel',
    ]));
  });

  describe('finds each seeded bug', () => {
    it.each(MUTANTS.map((mutant) => [mutant.bug, mutant] as const))('%s', async (_, mutant) => {
      const { caught } = await hunt(mutant, 2, MOST_DROPS_FOR_A_BUG);
      expect(mutant.breaks).toContain(caught?.violation.invariant);
    });
  });
});
