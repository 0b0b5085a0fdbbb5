/**
 * Runs the stories, prints which role needed which right for what, and fails where a right was needed by no story or a call that nobody should
 * make is allowed. `--write` puts the table into docs/security.md; without it the one that stands there must be today's.
 * `--evidence DIR` takes what an earlier run of the stories left there (STORY_EVIDENCE=DIR npm test) instead of running them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVIDENCE_DIRECTORY, readEvidence, summarize, type Row } from '../test/support/evidence';

const ROOT = join(__dirname, '..');
const DOCUMENT = join(ROOT, 'docs', 'security.md');
const [BEGIN, END] = ['<!-- rights: written by npm run security -- --write -->', '<!-- end of rights -->'];

function runStories(): string {
  const directory = mkdtempSync(join(tmpdir(), 'evidence-'));
  const { status } = spawnSync(process.execPath, [join(ROOT, 'node_modules', '.bin', 'jest'), 'test/story'], {
    cwd: ROOT, stdio: 'inherit', env: { ...process.env, [EVIDENCE_DIRECTORY]: directory },
  });
  if (status !== 0) throw new Error('the stories failed');
  return directory;
}

/** A role's name for people: what stands between `<Rotator` and `Role>`. */
const roleName = (role: string) => role.replace(/^<Rotator(.*)Role>$/, '$1').replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase() || 'rotator';
const escaped = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

function tableOf(rows: readonly Row[]): string {
  const cell = (text: string) => (text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``);
  const need = ({ story, open }: Row) => escaped(story ?? (open === undefined ? '**nobody**' : `none: ${open}`));
  const lines = rows.map((row) => `| ${[roleName(row.role), cell(row.action), cell(row.resource), cell(row.condition), need(row)].join(' | ')} |`);
  return ['| role | action | resource | condition | a story that needs it |', '| --- | --- | --- | --- | --- |', ...lines].join('\n');
}

/** Tests that the document names, as `test/file.test.ts: words of its title`, must be there. */
function missingTests(document: string): string[] {
  return [...document.matchAll(/`(test\/[\w./-]+\.test\.ts)(?:: ([^`]+))?`/g)]
    .filter(([, file, title = '']) => !existsSync(join(ROOT, file)) || !readFileSync(join(ROOT, file), 'utf8').replaceAll("\\'", "'").includes(title))
    .map(([name]) => `docs/security.md names a test that is not there: ${name}`);
}

const given = process.argv.indexOf('--evidence');
const directory = given > 0 ? process.argv[given + 1] : runStories();
const { rows, stories, mutants, gaps } = summarize(readEvidence(directory));
if (given < 0) rmSync(directory, { recursive: true });

const table = tableOf(rows);
const document = readFileSync(DOCUMENT, 'utf8');
const [before, , after] = document.split(new RegExp(`(?<=${BEGIN}\n)([^]*)(?=${END})`));
const today = `${before}${table}\n${after}`;
if (process.argv.includes('--write')) writeFileSync(DOCUMENT, today);
/** Which of several stories stands for a right depends on what else happened in them: any will do. */
const withoutStories = (text: string) => text.replace(/^(\|.*\|) [^|]*(?:\\\|[^|]*)* \|$/gm, '$1');
const stale = !process.argv.includes('--write') && withoutStories(today) !== withoutStories(document)
  ? ['docs/security.md has another table: npm run security -- --write'] : [];

const wrong = [...gaps, ...missingTests(document), ...stale];
console.log(table);
console.log(`\n${stories} stories; ${mutants.toLocaleString('en')} calls beside those that they made, each of which must be denied; ${rows.length} rights.`);
console.log(wrong.length === 0 ? 'No gaps.' : `${wrong.length} gaps:\n${wrong.join('\n')}`);
process.exit(stories === 0 || wrong.length > 0 ? 1 : 0);
