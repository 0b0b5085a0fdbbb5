/**
 * Runs the stories and grants, prints which role needed which right for what and what each grant gives, and fails where a right was needed by no story, a
 * call that nobody should make is allowed, or `docs/security.md` claims what no test shows. `--write` puts the tables into it; without it those that stand
 * there must be today's. `--evidence DIR` takes what an earlier run of the tests left there (STORY_EVIDENCE=DIR npm test) instead of running them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVIDENCE_DIRECTORY, readEvidence } from '../test/support/evidence';
import { judge } from '../test/support/security-document';

const ROOT = join(__dirname, '..');

/** The value behind an option. */
const given = (option: string): string | undefined => process.argv[process.argv.indexOf(option) + 1 || Infinity];

function runStories(): string {
  const directory = mkdtempSync(join(tmpdir(), 'evidence-'));
  const { status } = spawnSync(process.execPath, [join(ROOT, 'node_modules', '.bin', 'jest'), 'test/story', 'test/lib/grant-rights'], {
    cwd: ROOT, stdio: 'inherit', env: { ...process.env, [EVIDENCE_DIRECTORY]: directory },
  });
  if (status !== 0) throw new Error('the stories failed');
  return directory;
}

const document = given('--document') ?? join(ROOT, 'docs', 'security.md');
const evidence = given('--evidence') ?? runStories();
const testimonies = readEvidence(evidence);
if (given('--evidence') === undefined) rmSync(evidence, { recursive: true });

const before = readFileSync(document, 'utf8');
const now = process.argv.includes('--write') ? judge(testimonies, before).today : before;
if (now !== before) writeFileSync(document, now);

const { tables, extent, gaps } = judge(testimonies, now);
console.log(`${tables}\n\n${extent}`);
console.log(gaps.length === 0 ? 'No gaps.' : `${gaps.length} gaps:\n${gaps.join('\n')}`);
process.exit(gaps.length > 0 ? 1 : 0);
