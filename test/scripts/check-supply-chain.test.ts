import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const FOLDERS = ['assets', 'connector', 'local-cloud'];

interface Bill {
  readonly components: { readonly name: string; readonly version: string; group?: string; licenses?: object[] }[];
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'supply-chain-'));
  for (const folder of ['scripts', 'bin', ...FOLDERS]) mkdirSync(join(directory, folder));
  copyFileSync(join(ROOT, 'scripts', 'check-supply-chain.mjs'), join(directory, 'scripts', 'check-supply-chain.mjs'));
  for (const folder of FOLDERS) for (const file of ['sbom.json', 'THIRD-PARTY-LICENSES.txt']) copyFileSync(join(ROOT, folder, file), join(directory, folder, file));
  advise({});
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What the registry tells of advisories. */
function advise(vulnerabilities: object): void {
  const npm = join(directory, 'bin', 'npm');
  writeFileSync(npm, `#!/bin/sh\ncat <<'END'\n${JSON.stringify({ vulnerabilities })}\nEND\n`);
  chmodSync(npm, 0o755);
}

function change(folder: string, how: (bill: Bill) => void): void {
  const file = join(directory, folder, 'sbom.json');
  const bill = JSON.parse(readFileSync(file, 'utf8')) as Bill;
  how(bill);
  writeFileSync(file, JSON.stringify(bill));
}

const shippedBy = (folder: string) => (JSON.parse(readFileSync(join(directory, folder, 'sbom.json'), 'utf8')) as Bill).components.find(({ group }) => group === '@aws-sdk')!;

function check(): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(directory, 'scripts', 'check-supply-chain.mjs')], {
    encoding: 'utf8', env: { ...process.env, PATH: `${join(directory, 'bin')}${delimiter}${process.env.PATH}` },
  });
  return { status, said: stdout + stderr };
}

test('what the bundles hold as they are is fine', () => {
  expect(check()).toEqual({ status: 0, said: expect.stringContaining('0 problems') });
});

test.each<[string, () => void, RegExp]>([
  ['a copyleft licence', () => change('connector', ({ components }) => { components.find(({ group }) => group === '@aws-sdk')!.licenses = [{ license: { id: 'GPL-3.0-only' } }]; }), /whose licence is 'GPL-3.0-only'/],
  ['no licence at all', () => change('local-cloud', ({ components }) => { components.find(({ group }) => group === '@aws-sdk')!.licenses = []; }), /whose licence is ''/],
  ['a package without a notice', () => change('connector', ({ components }) => { components.push({ name: 'minimist', version: '0.0.8', licenses: [{ license: { id: 'MIT' } }] }); }), /says nothing of minimist 0.0.8/],
  ['an XML parser in what runs in Lambda', () => change('assets', ({ components }) => { components.push({ name: 'fast-xml-parser', version: '5.0.0', licenses: [{ license: { id: 'MIT' } }] }); }), /what runs in Lambda bundles fast-xml-parser/],
  ['an advisory about what ships', () => {
    const { group, name } = shippedBy('assets');
    const shipped = `${group}/${name}`;
    advise({ [shipped]: { name: shipped, via: [{ title: 'Reads too much', url: 'https://example.com/advisory' }] } });
  }, /Reads too much \(https:\/\/example.com\/advisory\)/],
])('%s ends it with an error', (_, seed, said) => {
  seed();
  expect(check()).toEqual({ status: 1, said: expect.stringMatching(said) });
});

test('an advisory about what does not ship does not', () => {
  advise({ 'some-linter': { name: 'some-linter', via: [{ title: 'x', url: 'y' }] } });
  expect(check().status).toBe(0);
});
