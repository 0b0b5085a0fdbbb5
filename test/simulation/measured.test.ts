import { Chance } from '../../simulation/chance';
import { drawConditions } from '../../simulation/conditions';
import { measuredUnknowns } from '../../simulation/measured';
import { commandFor, planOf } from '../../simulation/replay';
import { PRODUCT, run } from '../../simulation/run';
import { runWorld } from '../../simulation/shrink';

test('GIVEN a profile that says nothing THEN every unknown is drawn', () => {
  expect(measuredUnknowns({})).toEqual({});
});

test('GIVEN everything was measured THEN each unknown is as measured', () => {
  expect(measuredUnknowns({
    rotateMovesLastUpdatedAt: true, rotateKicksConnected: false, kickShowsDisconnectedAfterMs: 700, silentDropDelayMs: 61_000, cleanDropDelayMs: 40,
    neverConnectedLastUpdatedAt: 'missing', rotateBeforeFirstConnect: 'source-refused', timestampResolutionMs: 1_000,
  })).toEqual({
    rotateMovesTimestamp: true, rotateKicks: false, kickShowsAfter: 700, silentDropShowsAfter: 61_000, cleanDropShowsAfter: 40,
    firstTimestampAfter: undefined, rotateWorksBeforeFirstConnect: false, timestampResolution: 1_000,
  });
});

test.each([['works', true], ['destination-refused', true], ['source-refused', false], ['refused', false]] as const)(
  'GIVEN rotation before the first connection: %s THEN for a source it works: %s', (position, works) => {
    expect(measuredUnknowns({ rotateBeforeFirstConnect: position }).rotateWorksBeforeFirstConnect).toBe(works);
  });

test('GIVEN one unknown is known THEN all else of a world stays as it was drawn', () => {
  const drawn = drawConditions(new Chance(7));
  const known = drawConditions(new Chance(7), { firstTimestampAfter: undefined, kickShowsAfter: 1_234 });

  expect(known).toEqual({ ...drawn, unknowns: { ...drawn.unknowns, firstTimestampAfter: undefined, kickShowsAfter: 1_234 } });
});

test('GIVEN a profile WHEN worlds are run THEN AWS does so in each of them, and the code holds', async () => {
  const measured = measuredUnknowns({ rotateKicksConnected: false, silentDropDelayMs: 90_000 });

  const { conditions } = await runWorld(planOf({ seed: 1, world: 3, measured }), PRODUCT);
  expect(conditions.unknowns).toMatchObject({ rotateKicks: false, silentDropShowsAfter: 90_000 });
  expect((await run(PRODUCT, { seed: 1, drops: 300, measured })).broken).toEqual([]);
});

test('a story that was told with a profile is told again with it', () => {
  expect(commandFor(1, 2, planOf({ seed: 1, world: 2 }), { profile: 'aws-profile.json' })).toBe('npm run simulate -- --seed 1 --world 2 --profile aws-profile.json');
});
