import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SOURCE_MUTANTS, sourceCatches } from '../../simulation/source-mutants';

describe('GIVEN a bug that is written into a copy of the sources', () => {
  it.each(SOURCE_MUTANTS.map((mutant) => [mutant.bug, mutant] as const))('%s THEN there is one place for it, and it was caught', (bug, { file, replace }) => {
    expect(readFileSync(join(__dirname, '..', '..', file), 'utf8').split(replace)).toHaveLength(2);
    expect(sourceCatches()[bug]).toBeDefined();
  });
});
