import { knownWorlds } from '../../simulation/known-worlds';
import { MUTANTS } from '../../simulation/mutants';
import { placesToReach, unreached } from '../../simulation/reach';
import { hunt, PRODUCT, run } from '../../simulation/run';
import { Tally } from '../../simulation/tally';

jest.setTimeout(120_000);

/** A second or two; `npm run simulate` runs more. */
const DROPS = 2_500;
/** Where a bug isn't found where it was found last, it is hunted for a while, so that a change of the code need not move every world. */
const DROPS_FOR_A_BUG = 1_000;

describe('the simulation', () => {
  it('GIVEN the code that ships WHEN sources drop thousands of times THEN every invariant holds, every fault strikes and every outcome comes about', async () => {
    const { tally, broken } = await run(PRODUCT, { seed: 3, drops: DROPS });
    expect(broken).toEqual([]);
    expect(tally.drops).toBeGreaterThanOrEqual(DROPS);
    expect([...tally.faults.keys()].sort()).toEqual([
      'crashed before', 'crashed in flight', 'failed', 'failed after effect', 'forbidden', 'hung', 'message handed out twice', 'message not deleted',
      'repeated', 'repeated late', 'signal delayed', 'signal doubled', 'signal lost', 'sweep doubled', 'sweep lost', 'throttled', 'timed out', 'token not heard',
    ]);
    expect([...tally.outcomes.keys()]).toEqual(expect.arrayContaining([
      'rotated', 'rotated, a destination', 'joined to another look', 'held: claimed', 'held: connected', 'held: flapping', 'held: grace', 'held: inaudible',
      'held: out-of-scope', 'held: settling', 'held: side-not-served', 'held: tunnel-closed', 'held: unknown-tunnel', 'held: unused',
      'retired: tunnel-closed', 'retired: unknown-tunnel',
    ]));
  });

  it('GIVEN a run in which something never came about THEN it is named', () => {
    const nothing = new Tally();
    expect(unreached(nothing)).toHaveLength(placesToReach);
    nothing.count(nothing.outcomes, 'held: flapping');
    nothing.count(nothing.faultsAt, 'throttled, at rotate');
    expect(unreached(nothing)).not.toContain('held: flapping');
    expect(unreached(nothing)).toHaveLength(placesToReach - 2);
    expect(unreached(nothing)).toEqual(expect.arrayContaining(['rotated', 'a silent drop', 'signal lost', 'hung, at commit']));
  });

  it.each([
    ['a source whose only proof became a dead letter', 5, 1_383],
    ['a client whose lost secret was made anew within its grace', 1, 620],
    ['a device that asks once only, and whose drop falls into the second of the last rotation', 1, 390],
    ['a Rotate that landed when its caller had given it up, and the client had healed itself', 1, 1_153],
    ['an old proof, after the secret of a delivery that was not committed was deleted', 2, 950],
    ['a function that was killed while an answer was still on its way through its code', 2, 1_311],
  ])('GIVEN a world that was once judged wrongly THEN all is well in it: %s', async (_, seed, world) => {
    const { broken } = await run(PRODUCT, { seed, from: world, drops: 1 });
    expect(broken).toEqual([]);
  });

  it('GIVEN the same seed THEN the same worlds, to the last step', async () => {
    const [one, other] = [await run(PRODUCT, { seed: 7, drops: 300 }), await run(PRODUCT, { seed: 7, drops: 300 })];
    expect(one).toEqual(other);
  });

  /** `npm run simulate -- --bugs` hunts them from scratch; with `--remember` it writes down where it found them. */
  describe('GIVEN a world in which a seeded bug did harm', () => {
    const known = knownWorlds();
    it.each(MUTANTS.map((mutant) => [mutant.bug, mutant] as const))('WHEN the code has it THEN it is found: %s', async (bug, mutant) => {
      const { seed, world } = known[bug];
      const { caught } = await hunt(mutant, { seed, from: world, drops: DROPS_FOR_A_BUG });
      expect(mutant.breaks).toContain(caught?.violation.invariant);
    });

    it('WHEN the code has none THEN all is well in it', async () => {
      const worlds = new Map(Object.values(known).map((where) => [`${where.seed} ${where.world}`, where]));
      for (const { seed, world } of worlds.values()) {
        const { broken } = await run(PRODUCT, { seed, from: world, drops: 1 });
        expect(broken).toEqual([]);
      }
    });
  });
});
