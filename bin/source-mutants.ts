import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SOURCE_CATCHES, SOURCE_MUTANTS, type SourceCatches, type SourceMutant } from '../simulation/source-mutants';

const HELP = `Writes each bug that no pretended port can hold into a copy of the sources, and runs the unit tests there: one must fail.

npm run source-mutants -- [options]
  --help          print this

Writes what caught each to simulation/source-catches.json. Exit codes: 0, or 1 if a bug survives.`;

const ROOT = join(__dirname, '..');
const COPIED = ['lambda', 'lib', 'test', 'simulation', 'tunnel-protocol', 'package.json', 'tsconfig.json'];
/** As the project's, without what a whole run begins and ends with. */
const CONFIG = `const { transform, moduleFileExtensions, transformIgnorePatterns, testMatch } = require(${JSON.stringify(join(ROOT, 'jest.config.js'))});
module.exports = { rootDir: __dirname, transform, moduleFileExtensions, transformIgnorePatterns, testMatch };\n`;

/** Of what jest writes. */
interface Report {
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[] }[];
}

const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
if (values.help) console.log(HELP);
else process.exitCode = hunt() ? 0 : 1;

/** @returns whether all were caught */
function hunt(): boolean {
  const copy = mkdtempSync(join(tmpdir(), 'source-mutants-'));
  try {
    for (const each of COPIED) cpSync(join(ROOT, each), join(copy, each), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    writeFileSync(join(copy, 'jest.config.js'), CONFIG);
    const caught = SOURCE_MUTANTS.map((mutant) => [mutant.bug, failureOf(mutant, copy)] as const);
    for (const [bug, failure] of caught) console.log(`${failure ? `caught by "${failure.test}"` : 'NOT CAUGHT'}: ${bug}`);
    const catches: SourceCatches = Object.fromEntries(caught.flatMap(([bug, failure]) => (failure ? [[bug, failure]] : [])));
    writeFileSync(SOURCE_CATCHES, `${JSON.stringify(catches, undefined, 2)}\n`);
    return caught.every(([, failure]) => failure);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** The first test that fails with this bug in the code. */
function failureOf({ file, replace, by, tests }: SourceMutant, copy: string): { file: string; test: string } | undefined {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(replace).length !== 2) throw new Error(`${file} does not hold this once: ${replace}`);
  const report = join(copy, 'report.json');
  writeFileSync(path, source.replace(replace, () => by));
  try {
    const jest = [join(ROOT, 'node_modules/jest/bin/jest.js'), '-i', tests, '--json', `--outputFile=${report}`];
    execFileSync(process.execPath, jest, { cwd: copy, stdio: 'ignore' });
    return undefined;
  } catch {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
    for (const { name, assertionResults } of testResults) {
      const failed = assertionResults.find(({ status }) => status === 'failed');
      if (failed) return { file: name.slice(name.indexOf('test/')), test: failed.fullName };
    }
    return undefined;
  } finally {
    writeFileSync(path, source);
  }
}
