import { conclude } from '../../demo/outcome';

test.each([
  [{ recovered: 3, drops: 3, troubles: [] }, 'recovered 3 of 3 drops', 0],
  [{ recovered: 2, drops: 3, troubles: ['no new version'] }, 'failed: no new version; recovered 2 of 3 drops', 1],
  [{ recovered: 3, drops: 3, troubles: ['a token stands in a log'] }, 'failed: a token stands in a log; recovered 3 of 3 drops', 1],
  [{ recovered: 2, drops: 3, troubles: [] }, 'failed: recovered 2 of 3 drops', 1],
] as const)('GIVEN %j THEN the last line is "%s", and the exit code is %i', (outcome, line, exitCode) => {
  expect(conclude(outcome)).toEqual({ line, exitCode });
});
