import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Testimony } from './evidence';
import type { Right } from './rights';
import { judge } from './security-document';

const right = (role: string, action: string, resource = 'r', condition = ''): Right => ({ role, action, resource, condition });
const RIGHTS = [
  right('<RotatorRole>', 'iot:DescribeTunnel'), right('<RotatorSweeperRole>', 'iot:ListTunnels', '*'), right('<RotatorSecretCleanupRole>', 'dynamodb:Scan'),
  right('policy of sqs: <RotatorSignalQueue>: lets in events.amazonaws.com', 'sqs:SendMessage'), right('policy of kms: key/<TokenKey>: lets in iam: root', 'kms:*', '*'),
  right('grantReadToken()', 'secretsmanager:GetSecretValue', 's'), right('grantSignal()', 'iot:Publish', 't'), right('grantSignal()', 'iot:Publish', 'u'), right('grantConnect()', 'iot:DescribeTunnel', 'v'),
];
const story = (more: Partial<Testimony> = {}): Testimony => ({ file: 'test/story/a.test.ts', story: 'all', rights: RIGHTS, used: RIGHTS, mutants: 10, escaped: [], ...more });
const SHOWN = '- It holds: `test/support/security-document.test.ts: a document that is right`.';
const EMPTY = ['rights', 'grants'].map((name) => `<!-- ${name}: written by npm run security -- --write -->\n<!-- end of ${name} -->`).join('\n');
const documentWith = (claims: string) => judge([story()], `${EMPTY}\n\n## Threat model\n\n${claims}\n`).today;
const DOCUMENT = documentWith(SHOWN);

test('a document that is right has no gaps, and a line for each right and for what each grant allows', () => {
  expect(judge([story()], DOCUMENT).gaps).toEqual([]);
  expect(DOCUMENT).toContain('| policy of sqs: signal queue: lets in events.amazonaws.com | `sqs:SendMessage` | `r` |  | test/story/a.test.ts: all |');
  expect(DOCUMENT).toContain('| `grantSignal()` | `iot:Publish` | `t`, `u` |  |');
});

test('which story stands for a right does not matter', () => {
  expect(judge([story({ story: 'another' })], DOCUMENT).gaps).toEqual([]);
});

const without = (role: RegExp) => RIGHTS.filter((each) => !role.test(each.role));

test.each<[string, Testimony[], string, string]>([
  ['a right that nobody needs', [story({ used: without(/Sweeper/) })], DOCUMENT, 'no story needs: <RotatorSweeperRole> | iot:ListTunnels | * | '],
  ['a grant that gives what it is not for', [story({ used: without(/grantSignal/) })], DOCUMENT, 'no story needs: grantSignal() | iot:Publish | t | '],
  ['a call that should be denied', [story({ escaped: ['grantReadToken(): x on y'] })], DOCUMENT, 'is not denied: grantReadToken(): x on y'],
  ['no grants at all', [story({ rights: without(/^grant/), used: without(/^grant/) })], DOCUMENT, 'nothing was shown of grantConnect'],
  ['nothing at all', [], DOCUMENT, 'nothing was shown at all'],
  ['a right that the table has not', [story({ rights: [...RIGHTS, right('<RotatorRole>', 'iot:New')], used: [...RIGHTS, right('<RotatorRole>', 'iot:New')] })], DOCUMENT, 'docs/security.md has other tables: npm run security -- --write'],
  ['a test that is not there', [story()], documentWith('- It holds: `test/support/security-document.test.ts: no such words`.'.replace('no such', 'no\u00a0such')), 'docs/security.md names a test that is not there: `test/support/security-document.test.ts: no\u00a0such words`'],
  ['a test file that is not there', [story()], documentWith('- It holds: `test/support/gone.test.ts`.'), 'docs/security.md names a test that is not there: `test/support/gone.test.ts`'],
  ['a claim without a test', [story()], documentWith(`${SHOWN}\n- Nothing can happen.`), 'docs/security.md claims what no test shows: Nothing can happen.'],
  ['a second sentence without one', [story()], documentWith(`${SHOWN} Trust us.`), 'docs/security.md claims what no test shows: Trust us.'],
  ['no threat model', [story()], documentWith('words'), 'docs/security.md has no threat model'],
])('a gap is named: %s', (_, testimonies, document, gap) => {
  expect(judge(testimonies, document).gaps).toContain(gap);
});

describe('the command', () => {
  const directory = mkdtempSync(join(tmpdir(), 'security-document-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  test.each<[string, Testimony, number, string]>([
    ['no gap', story(), 0, 'No gaps.'],
    ['a gap', story({ escaped: ['<RotatorRole>: iot:CloseTunnel on tunnel/t'] }), 1, 'is not denied: <RotatorRole>: iot:CloseTunnel on tunnel/t'],
  ])('GIVEN %s THEN it says so, and its status too', (name, testimony, status, said) => {
    const evidence = mkdtempSync(join(directory, 'evidence-'));
    writeFileSync(join(evidence, '1.json'), JSON.stringify(testimony));
    const document = join(directory, `${name}.md`);
    writeFileSync(document, DOCUMENT);
    const run = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/security.ts', '--evidence', evidence, '--document', document], { cwd: join(__dirname, '../..'), encoding: 'utf8' });
    expect(run.stdout).toContain(said);
    expect(run.status).toBe(status);
  });
});
