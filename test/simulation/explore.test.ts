import { BEYOND } from '../../simulation/exploration/beyond';
import { chapter, withChapter } from '../../simulation/exploration/chapter';
import { hunt } from '../../simulation/exploration/hunt';
import { areIndependent } from '../../simulation/exploration/independence';
import { records } from '../../simulation/exploration/records';
import { explore } from '../../simulation/exploration/search';
import { LARGE, QUICK } from '../../simulation/exploration/setting';
import { SmallWorld } from '../../simulation/exploration/small-world';
import { Dice } from '../../local-cloud/weather/dice';
import { MUTANTS } from '../../simulation/mutants';
import { PRODUCT } from '../../simulation/run';

const ALL = [...QUICK, ...LARGE];
const world = (name: string) => ALL.find((setting) => setting.name === name)!;

/** The smallest worlds; `npm run explore` goes through larger ones. */
describe('the exploration', () => {
  it('GIVEN one drop and a hint WHEN everything that can happen has happened THEN every invariant held, and it was the same a second time', async () => {
    const [one, other] = [await explore(world('a drop with a hint'), PRODUCT), await explore(world('a drop with a hint'), PRODUCT)];
    expect([one.complete, one.violation]).toEqual([true, undefined]);
    expect(one.states).toBeGreaterThan(500);
    expect(other).toEqual(one);
  });

  it('GIVEN too few states THEN it says that it has not seen everything', async () => {
    const { complete, violation } = await explore(world('a drop with a hint'), PRODUCT, 50);
    expect([complete, violation]).toEqual([false, undefined]);
  });

  it.each([
    'a silent drop with proof', 'two drops with a hint', 'a drop with a hint, its message twice', 'a drop with a hint, one crash',
    'a drop with a hint, of a tunnel that ends at any moment',
  ])('GIVEN %s WHEN two calls are said to be independent THEN either order leads to the same state', async (name) => {
    const after = async (...path: readonly number[]) => {
      const small = new SmallWorld(world(name), PRODUCT);
      for (const choice of path) await small.choices()[choice].happen();
      return small;
    };
    const choose = async (path: readonly number[], first: string, second: string) => {
      const small = await after(...path);
      const settle = async () => { // what nobody notices happens at once
        while (/: (announce|bookmark|list)$/.test(small.choices().length === 1 ? small.choices()[0].words : '')) await small.choices()[0].happen();
      };
      for (const words of [first, second]) {
        await settle();
        await small.choices().find((choice) => choice.words === words)?.happen();
      }
      await settle();
      return small.state();
    };
    const dice = new Dice(1);
    let pairs = 0;
    for (let walk = 0; walk < 15; walk++) {
      const path: number[] = [];
      for (let small = await after(); small.choices().length > 0 && !small.violation && path.length < 40; small = await after(...path)) {
        const calls = small.choices().flatMap(({ call, words }) => (call ? [{ words, call }] : []));
        const pair = calls.flatMap((one, index) => calls.slice(index + 1).map((other) => [one, other] as const))
          .find(([one, other]) => dice.says(0.4) && areIndependent(one.call.operation, other.call.operation));
        if (pair) {
          const [one, other] = pair.map(({ words }) => words);
          expect({ pair: [one, other], state: await choose(path, other, one) }).toEqual({ pair: [one, other], state: await choose(path, one, other) });
          pairs += 1;
        }
        path.push(Math.floor(dice.next() * small.choices().length));
      }
    }
    expect(pairs).toBeGreaterThanOrEqual(5);
  });
});

describe('the seeded bugs', () => {
  const { falls } = records();

  it('GIVEN all of them THEN each falls in a small world, or is said to be beyond one, with the reason', () => {
    expect([...falls, ...BEYOND].map(({ bug }) => bug).sort()).toEqual(MUTANTS.map(({ bug }) => bug).sort());
  });

  it.each(falls.filter(({ states }) => states < 600).map(({ bug, world: where }) => [bug, where] as const))(
    'GIVEN this one in it THEN the exploration comes to its harm, and tells how: %s', async (bug, where) => {
      const mutant = MUTANTS.find((each) => each.bug === bug)!;
      const fall = await hunt(mutant, [world(where)]);
      expect(mutant.breaks).toContain(fall?.invariant);
      expect(fall?.story?.length).toBeGreaterThan(0);
    });
});

describe('the chapter of the document', () => {
  it('GIVEN a document THEN it takes the place of the one before, and leaves the rest as it was', () => {
    const document = '# A\n\n## Everything that can happen\nold\n\n## When it fails\nrest\n';
    expect(withChapter(document)).toBe(`# A\n\n${chapter()}\n## When it fails\nrest\n`);
    expect(withChapter(withChapter(document))).toBe(withChapter(document));
  });

  it('GIVEN the small worlds THEN each has been gone through', () => {
    const gone = records().worlds.filter(({ complete }) => complete).map(({ world: name }) => name);
    expect(QUICK.map(({ name }) => name).filter((name) => !gone.includes(name))).toEqual([]);
  });
});
