/**
 * Runs the properties of all entrances at full length, file beside file, and prints how many cases of each there were, and how long they took. `--write` puts
 * that into `docs/security.md`; `--seed N` repeats a run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
const DOCUMENT = join(ROOT, 'docs', 'security.md');
const [BEGIN, END] = ['<!-- entrances: written by npm run entrances -- --write -->', '<!-- end of entrances -->'];

interface Noted { readonly file: string; readonly test: string; readonly cases: number }
interface Report { readonly testResults: readonly { readonly assertionResults: readonly { readonly fullName: string; readonly duration: number }[] }[] }

const at = process.argv.indexOf('--seed');
const seed = at < 0 ? Date.now() % 2 ** 31 : Number(process.argv[at + 1]);
const directory = mkdtempSync(join(tmpdir(), 'entrances-'));
const [record, report] = [join(directory, 'record'), join(directory, 'report')];
const { status } = spawnSync(process.execPath, [
  join(ROOT, 'node_modules', '.bin', 'jest'), 'test/entrances', 'normalise.property', '--json', '--outputFile', report,
], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, TEST_LONG: '1', ENTRANCES_SEED: String(seed), ENTRANCES_RECORD: record } });
const noted = readFileSync(record, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Noted);
const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
rmSync(directory, { recursive: true });

const results = testResults.flatMap(({ assertionResults }) => assertionResults);
const seconds = (test: string) => Math.round(results.find(({ fullName }) => fullName === test)!.duration / 1_000);
const rows = noted.sort((a, b) => (a.file + a.test < b.file + b.test ? -1 : 1))
  .map(({ file, test, cases }) => `| ${file} | ${test.replaceAll('|', '\\|')} | ${cases.toLocaleString('en')} | ${seconds(test)} |`);
const table = [
  `On ${new Date().toISOString().slice(0, 10)}, from the seed ${seed}:`, '', '| file | property | cases | seconds |', '| --- | --- | --- | --- |', ...rows,
].join('\n');
console.log(table);
if (status === 0 && process.argv.includes('--write')) {
  const document = readFileSync(DOCUMENT, 'utf8');
  writeFileSync(DOCUMENT, `${document.slice(0, document.indexOf(BEGIN) + BEGIN.length)}\n${table}\n${document.slice(document.indexOf(END))}`);
}
process.exit(status ?? 1);
