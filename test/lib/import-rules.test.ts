import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

const CASES: [file: string, imported: string, verdict: 'allowed' | 'forbidden'][] = [
  ['lib/tunnel-token-rotator.ts', './runtime-contract', 'allowed'],
  ['lib/tunnel-token-rotator.ts', 'aws-cdk-lib', 'allowed'],
  ['lib/tunnel-token-rotator.ts', '../lambda/config', 'forbidden'],
  ['lambda/config.ts', '../lib/runtime-contract', 'allowed'],
  ['lambda/config.ts', '../lib/token-secrets', 'forbidden'],
  ['lambda/config.ts', '../local/clock', 'forbidden'],
  ['lambda/adapters/aws-tunnels.ts', '../domain/ports', 'allowed'],
  ['lambda/adapters/aws-tunnels.ts', '../../lib/runtime-contract', 'allowed'],
  ['lambda/adapters/aws-tunnels.ts', '../../lib', 'forbidden'],
  ['lambda/domain/decide.ts', './vocabulary', 'allowed'],
  ['lambda/domain/decide.ts', '../config', 'forbidden'],
  ['lambda/domain/decide.ts', 'node:crypto', 'forbidden'],
  ['local/clock.ts', './service', 'allowed'],
  ['local/clock.ts', '../lambda/domain/decide', 'forbidden'],
  ['bin/app.ts', '../lib', 'allowed'],
];

// ESLint loads its configuration with import(), which jest's module system cannot do: so it runs in a process of its own.
const LINT = `
  import { ESLint } from 'eslint';
  const eslint = new ESLint({ ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-imports' });
  const cases = JSON.parse(process.argv[1]);
  const verdicts = await Promise.all(cases.map(async ([filePath, imported]) => {
    const [result] = await eslint.lintText("import '" + imported + "';", { filePath });
    return result.messages.map(({ ruleId, message }) => ruleId ?? message);
  }));
  console.log(JSON.stringify(verdicts));
`;

describe('the import rules', () => {
  const verdicts: string[][] = JSON.parse(execFileSync(
    process.execPath, ['--input-type=module', '-e', LINT, JSON.stringify(CASES)], { cwd: root, encoding: 'utf8' },
  ));

  test.each(CASES.map((row, index) => [...row, verdicts[index]] as const))('%s may import %s: %s', (_file, _imported, verdict, found) => {
    expect(found).toEqual(verdict === 'allowed' ? [] : ['no-restricted-imports']);
  });
});
