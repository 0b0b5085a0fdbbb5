import { explore } from '../../simulation/exploration/search';
import { QUICK } from '../../simulation/exploration/setting';
import { MUTANTS, withBug } from '../../simulation/mutants';
import { PRODUCT } from '../../simulation/run';

const world = (name: string) => QUICK.find((setting) => setting.name === name)!;
const bug = (start: string) => withBug(PRODUCT, MUTANTS.find((mutant) => mutant.bug.startsWith(start))!);

/** The smallest worlds; `npm run explore` goes through larger ones. */
describe('the exploration', () => {
  it('GIVEN one drop and a hint WHEN everything that can happen has happened THEN every invariant held, and it was the same a second time', async () => {
    const [one, other] = [await explore(world('a drop with a hint'), PRODUCT), await explore(world('a drop with a hint'), PRODUCT)];
    expect([one.complete, one.violation]).toEqual([true, undefined]);
    expect(one.states).toBeGreaterThan(500);
    expect(other).toEqual(one);
  });

  it.each([
    ['The fence is what the service showed when we decided', 'a silent drop with proof'],
    ['A claim outlives its owner for ever', 'a drop with a hint, one crash'],
  ])('GIVEN a seeded bug THEN it is found, with the way to it: %s', async (start, name) => {
    const { violation, story } = await explore(world(name), bug(start));
    expect(violation?.invariant).toBeDefined();
    expect(story?.[0]).toMatch(/^the source/);
  });

  it('GIVEN too few states THEN it says that it has not seen everything', async () => {
    const { complete, violation } = await explore(world('a drop with a hint'), PRODUCT, 50);
    expect([complete, violation]).toEqual([false, undefined]);
  });
});
