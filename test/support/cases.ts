import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import { length } from './length';

jest.setTimeout(length(180_000, 3_600_000));

const { ENTRANCES_SEED: seed, ENTRANCES_RECORD: record } = process.env;

const cases = (numRuns: number): fc.Parameters<unknown> => ({
  numRuns,
  ...(seed !== undefined && { seed: Number(seed) }),
  ...(record !== undefined && { reporter: (run) => note(record, run) }),
});

/** Of a property of an entrance: so many in every run, and with TEST_LONG=1 as many as somebody with time would try. */
export const CASES = cases(length(5_000, 100_000));

/** Where each case builds constructs, 2 to 9 ms each. */
export const STACKS = cases(length(500, 10_000));

/** What nobody expects of a value. */
export const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue(), fc.string(), fc.constantFrom('', '0', '%', '%zz', '../x', 'constructor', '__proto__', 'null', -1, 0, 1.5, 1e300, 2 ** 53, null, true, [], {}, [null], 'x'.repeat(200)),
);
/** The right thing most of the time, so that not everything bounces off the door. */
export const or = (right: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.oneof({ arbitrary: right, weight: 4 }, { arbitrary: odd, weight: 1 });

/** What `npm run entrances` makes a table of. */
function note(file: string, run: fc.RunDetails<unknown>): void {
  const { testPath = '', currentTestName } = expect.getState();
  appendFileSync(file, `${JSON.stringify({ file: testPath.replace(/^.*\/test\//, 'test/'), test: currentTestName, cases: run.numRuns })}\n`);
  const failure = run.failed && fc.defaultReportMessage(run);
  if (failure) throw new Error(failure);
}
