// What the bundles hold of others' code, by the bill of materials of each package: licences that ask nothing of who uses it, notices for all of it,
// no XML parser in what runs in Lambda, and no known advisory. Needs the built bundles; the advisories also need a registry that tells them.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const read = (path) => readFileSync(join(root, path), 'utf8');
const PERMISSIVE = ['MIT', 'MIT-0', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0', 'Unlicense'];
/** Their package.json says it in a way that nobody reads any more: `{ "type": "MIT" }`. */
const BY_HAND = { lazy: 'MIT' };
const FOLDERS = ['assets', 'connector', 'local-cloud'];

const OURS = ['cdk-tunnel-token-rotator', '@tunnel-token-rotator/source', '@tunnel-token-rotator/local-cloud'];

const shipped = FOLDERS.flatMap((folder) => JSON.parse(read(`${folder}/sbom.json`)).components
  .map(({ group, name, ...component }) => ({ ...component, folder, name: group ? `${group}/${name}` : name })))
  .filter(({ name }) => !OURS.includes(name));
const problems = [...shipped.flatMap(licenceProblems), ...shipped.flatMap(noticeProblems), ...inLambda(), ...advisories()];
for (const problem of new Set(problems)) console.error(`FAILED: ${problem}`);
const packages = new Set(shipped.map(({ name, version }) => `${name} ${version}`));
console.log(`${FOLDERS.length} bills of materials, ${packages.size} packages, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;

function licenceProblems({ folder, name, version, licenses = [] }) {
  const told = BY_HAND[name] ?? licenses.map(({ license, expression }) => expression ?? license.id ?? license.name).join(' AND ');
  const fine = told !== '' && told.replace(/[()]/g, '').split(' AND ').every((part) => part.split(' OR ').some((one) => PERMISSIVE.includes(one)));
  return fine ? [] : [`${folder} bundles ${name} ${version}, whose licence is '${told}'`];
}

function noticeProblems({ folder, name, version }) {
  const notices = read(`${folder}/THIRD-PARTY-LICENSES.txt`);
  const told = notices.includes(`${name} ${version}`) && !notices.includes('[object');
  return told ? [] : [`${folder}/THIRD-PARTY-LICENSES.txt says nothing of ${name} ${version}`];
}

/** JSON protocols need no parser for XML, and this one has a history. */
function inLambda() {
  return shipped.filter(({ folder, name }) => folder === 'assets' && name === 'fast-xml-parser').map(() => 'what runs in Lambda bundles fast-xml-parser');
}

function advisories() {
  const { stdout } = spawnSync('npm', ['audit', '--json'], { cwd: root, encoding: 'utf8' });
  const { vulnerabilities } = JSON.parse(stdout || '{}');
  if (!vulnerabilities) {
    console.error('ADVISORIES NOT CHECKED: the registry does not tell them');
    return [];
  }
  const names = new Set(shipped.map(({ name }) => name));
  return Object.values(vulnerabilities).filter(({ name }) => names.has(name))
    .flatMap(({ name, via }) => via.filter((cause) => typeof cause === 'object').map(({ title, url }) => `${name}: ${title} (${url})`));
}
