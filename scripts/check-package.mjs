// What npm would publish, three packages: nothing that npm has to correct, nothing missing, nothing that does not belong there, one version,
// no script that runs at an install, and small. Each is then installed alone, and each command says its --help and --version.
// Needs the built library and bundles. Usage: node scripts/check-package.mjs [folder that keeps the tarballs]
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const LEGAL = ['README.md', 'LICENSE', 'NOTICE'];
const PACKAGES = [
  {
    folder: '.', most: 450_000, command: undefined,
    wanted: [...LEGAL, '.jsii', 'CHANGELOG.md', 'assets/THIRD-PARTY-LICENSES.txt', 'assets/sbom.json',
      ...['rotator', 'sweeper', 'cleaner'].flatMap((name) => [`assets/${name}/index.js`, `assets/${name}/index.js.map`])],
    belongs: [/^lib\/([a-z-]+\/)?[a-z-]+(\.d\.ts|\.js)$/, /^assets\/[a-z-]+\/[\w-]+\.js(\.map)?$/, /^rosetta\/[a-z-]+\.ts-fixture$/],
  },
  {
    folder: 'connector', most: 300_000, command: 'tunnel-source',
    wanted: [...LEGAL, 'THIRD-PARTY-LICENSES.txt', 'sbom.json'],
    belongs: [/^dist\/[a-z-]+\.js$/, /^dist\/types\/[a-z/-]+\.d\.ts$/, /^examples\/[\w@.-]+$/],
  },
  {
    folder: 'local-cloud', most: 700_000, command: 'tunnel-local-cloud',
    wanted: [...LEGAL, 'THIRD-PARTY-LICENSES.txt', 'sbom.json', 'dist/instance-main.cjs'],
    belongs: [/^dist\/page\/(index\.html|page\.(css|js))$/, /^dist\/[a-z-]+\.js$/, /^dist\/types\/[a-z/-]+\.d\.ts$/],
  },
];

const scratch = mkdtempSync(join(tmpdir(), 'packages-'));
const tarballs = resolve(process.argv[2] ?? join(scratch, 'tarballs'));
mkdirSync(tarballs, { recursive: true });
const problems = [];
try {
  const { version } = manifestOf('.');
  for (const each of PACKAGES) check(each, version);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
problems.forEach((problem) => console.error(`FAILED: ${problem}`));
process.exitCode = problems.length > 0 ? 1 : 0;

function check({ folder, most, command, wanted, belongs }, version) {
  const manifest = manifestOf(folder);
  const { name, main, types, bin = {}, scripts = {}, dependencies = {} } = manifest;
  const problem = (what) => problems.push(`${name}: ${what}`);
  for (const complaint of publishWarnings(folder)) problem(complaint);
  const { size, unpackedSize, files, filename } = pack(folder);
  const paths = files.map(({ path }) => path);
  const expected = [...wanted, 'package.json', main, types, ...Object.values(bin)];
  const missing = expected.filter((path) => !paths.includes(path));
  missing.forEach((path) => problem(`${path} is missing`));
  const strays = paths.filter((path) => !expected.includes(path) && !belongs.some((pattern) => pattern.test(path)));
  strays.forEach((path) => problem(`${path} does not belong in the package`));
  if (size >= most) problem(`it has ${size} bytes packed, and must stay under ${most}`);
  if (command && unpackedSize >= 3_000_000) problem(`it has ${unpackedSize} bytes installed, and must stay under 3 MB`);
  if (manifest.version !== version) problem(`its version is ${manifest.version}, that of the others ${version}`);
  if (Object.keys(dependencies).length > 0) problem('it has dependencies, and is bundled to have none');
  for (const script of ['preinstall', 'install', 'postinstall']) if (scripts[script]) problem(`it has a script ${script}`);
  const answers = command && missing.length === 0 ? askCommand(command, join(tarballs, filename), version, problem) : '';
  console.log(`${name} ${version}: ${paths.length} files, ${Math.round(size / 1000)} kB packed, ${(unpackedSize / 1e6).toFixed(1)} MB installed${answers}`);
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
}

/** That nobody is logged in here is the one thing that may be missing. */
function publishWarnings(folder) {
  const { status, stderr } = spawnSync('npm', ['publish', '--dry-run', '--ignore-scripts'], { cwd: join(root, folder), encoding: 'utf8' });
  const warnings = stderr.split('\n').filter((line) => /npm (warn publish|error)/.test(line) && !line.includes('requires you to be logged in'));
  return status === 0 ? warnings : [`npm publish --dry-run: ${stderr}`, ...warnings];
}

function pack(folder) {
  const out = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', tarballs], { cwd: join(root, folder), encoding: 'utf8' });
  return Object.values(JSON.parse(out))[0];
}

/** Installed alone in an empty folder, as somebody who has nothing else of ours. */
function askCommand(command, tarball, version, problem) {
  const home = join(scratch, command);
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{ "private": true }');
  execFileSync('npm', ['install', '--silent', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball], { cwd: home });
  const ask = (flag) => spawnSync('npx', ['--no-install', command, flag], { cwd: home, encoding: 'utf8' });
  const [help, said] = [ask('--help'), ask('--version')];
  if (help.status !== 0 || !help.stdout.includes(command)) problem(`${command} --help: exit code ${help.status}, ${help.stdout}${help.stderr}`);
  if (said.status !== 0 || said.stdout.trim() !== version) problem(`${command} --version: exit code ${said.status}, ${said.stdout}${said.stderr}`);
  const installed = readdirSync(join(home, 'node_modules')).filter((entry) => !entry.startsWith('.'));
  if (installed.length !== 1) problem(`it brings ${installed.join(', ')} along`);
  return ', says --help and --version';
}
