import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';

const root = join(__dirname, '..', '..');

const CASES: [file: string, imported: string, verdict: 'allowed' | string][] = [
  ['lib/tunnel-token-rotator.ts', './runtime-contract', 'allowed'],
  ['lib/tunnel-token-rotator.ts', '../lambda/config', 'lib stays inside'],
  ['lambda/config.ts', '../lib/runtime-contract', 'allowed'],
  ['lambda/config.ts', '../lib/storage/token-secrets', 'lambda stays inside'],
  ['lambda/config.ts', '../local-cloud/clock', 'lambda stays inside'],
  ['lambda/adapters/aws-tunnels.ts', '../domain/ports', 'allowed'],
  ['lambda/adapters/aws-tunnels.ts', '../../lib/index', 'lambda stays inside'],
  ['lambda/domain/decide.ts', './vocabulary', 'allowed'],
  ['lambda/domain/decide.ts', '../config', 'the domain is pure'],
  ['lambda/domain/decide.ts', 'node:crypto', 'the domain is pure'],
  ['tunnel-protocol/frames.ts', '../local-cloud/clock', 'tunnel-protocol stays inside'],
  ['connector/connect.ts', '../tunnel-protocol/frames', 'allowed'],
  ['connector/connect.ts', '../local-cloud/clock', 'connector stays inside'],
  ['local-cloud/clock.ts', '../tunnel-protocol/frames', 'allowed'],
  ['local-cloud/clock.ts', '../lambda/domain/decide', 'local-cloud stays inside'],
  ['simulation/world.ts', '../lambda/config', 'allowed'],
  ['simulation/world.ts', '../test/support/world', 'what ships knows no tests'],
  ['storm/storm.ts', '../leak-scan/leak-scan', 'allowed'],
  ['storm/storm.ts', '../test/support/world', 'what ships knows no tests'],
  ['leak-scan/leak-scan.ts', '../local-cloud/clock', 'allowed'],
  ['leak-scan/leak-scan.ts', '../lambda/config', 'leak-scan stays inside'],
  ['bin/app.ts', '../lib/index', 'allowed'],
  ['bin/app.ts', '../lib/nowhere', 'every import leads somewhere'],
];

/** Lints a tree of these files alone; the names of the rules that each breaks. */
function lint(files: Readonly<Record<string, string>>): (file: string) => string[] {
  const tree = mkdtempSync(join(tmpdir(), 'imports-'));
  try {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(join(tree, dirname(file)), { recursive: true });
      writeFileSync(join(tree, file), text);
    }
    const { stdout, stderr } = spawnSync(
      join(root, 'node_modules/.bin/depcruise'),
      ['--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'json', ...new Set(Object.keys(files).map((file) => file.split('/')[0]))],
      { cwd: tree, encoding: 'utf8' },
    );
    if (!stdout) throw new Error(stderr);
    const { summary } = JSON.parse(stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } };
    return (file) => [...new Set(summary.violations.filter(({ from }) => from === file).map(({ rule }) => rule.name))];
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

describe('the import rules', () => {
  const importerOf = (index: number) => CASES[index][0].replace('.ts', `-${index}.ts`);
  const targets = CASES.filter(([, imported]) => /^\./.test(imported) && !imported.endsWith('nowhere'))
    .map(([file, imported]) => [posix.join(posix.dirname(file), `${imported}.ts`), 'export type Anything = string;']);
  const importers = CASES.map(([, imported], index) => [importerOf(index), `import type { Anything } from '${imported}';\nexport type Mine = Anything;`]);
  const verdicts = lint(Object.fromEntries([...targets, ...importers]));

  test.each(CASES.map((row, index) => [...row, importerOf(index)] as const))('%s may import %s: %s', (_file, _imported, verdict, importer) => {
    expect(verdicts(importer)).toEqual(verdict === 'allowed' ? [] : [verdict]);
  });

  test('an import that closes a circle is refused, also if it is for a type only', () => {
    const found = lint({
      'lib/a.ts': "import type { B } from './b';\nexport type A = B[];",
      'lib/b.ts': "import type { A } from './a';\nexport type B = A | string;",
      'lib/c.ts': "import type { A } from './a';\nexport type C = A;",
    });
    // Each circle is reported once, at one of its files.
    expect(['lib/a.ts', 'lib/b.ts'].flatMap(found)).toEqual(['no circles']);
    expect(found('lib/c.ts')).toEqual([]);
  });
});
