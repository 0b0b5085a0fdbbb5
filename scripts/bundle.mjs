// Builds what ships: one self-contained file for each function that runs in AWS, and one for each command, in the package it belongs to.
// Needs no network. `module` before `main` lets esbuild drop what is not used, which makes the bundles load faster.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** A package that is published, and what esbuild makes for it. */
const PACKAGES = [
  {
    outdir: 'assets', target: 'node22', notices: 'assets',
    bundles: [
      { entry: 'lambda/rotator/handler', outfile: 'rotator/index' },
      { entry: 'lambda/sweeper/handler', outfile: 'sweeper/index' },
      { entry: 'lambda/cleaner/handler', outfile: 'cleaner/index' },
    ],
  },
  {
    outdir: 'connector/dist', target: 'node20', notices: 'connector',
    bundles: [{ entry: 'connector/cli/tunnel-source', outfile: 'tunnel-source', command: true }],
  },
  {
    outdir: 'local-cloud/dist', target: 'node20', notices: 'local-cloud',
    // `level`: tables live in memory, and its native database can't be bundled.
    bundles: [{ entry: 'local-cloud/cli/tunnel-local-cloud', outfile: 'tunnel-local-cloud', command: true, alias: { level: './scripts/level-on-disk.cjs' } }],
    // Started as a process of its own, once for each function instance.
    files: ['local-cloud/functions/instance-main.cjs'],
  },
];

/** dynalite finds its actions by `require('./actions/' + name)`; with the ending, esbuild can take them all along. */
const dynaliteActions = {
  name: 'dynalite-actions',
  setup({ onLoad }) {
    onLoad({ filter: /node_modules\/dynalite\/index\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/require\('(\.\/\w+\/)' \+ (\w+)\)/g, "require('$1' + $2 + '.js')"),
    }));
  },
};

for (const each of PACKAGES) await make(each);

async function make({ outdir, target, notices, bundles, files = [] }) {
  rmSync(join(root, outdir), { recursive: true, force: true });
  const inputs = new Set();
  for (const { entry, outfile, command, alias } of bundles) {
    const path = `${outdir}/${outfile}.js`;
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: [`${entry}.ts`],
      outfile: path,
      bundle: true,
      platform: 'node',
      target,
      alias,
      format: 'cjs',
      mainFields: ['module', 'main'],
      minify: true,
      legalComments: 'none', // gathered below
      sourcemap: false,
      metafile: true,
      logLevel: 'warning',
      plugins: [dynaliteActions],
    });
    for (const { inputs: used } of Object.values(metafile.outputs)) Object.keys(used).forEach((input) => inputs.add(input));
    if (command) chmodSync(join(root, path), 0o755);
    console.log(`${path} ${(statSync(join(root, path)).size / 1000).toFixed(0)} kB`);
  }
  mkdirSync(join(root, outdir), { recursive: true });
  for (const file of files) copyFileSync(join(root, file), join(root, outdir, file.split('/').at(-1)));
  if (notices !== 'assets') for (const file of ['LICENSE', 'NOTICE']) copyFileSync(join(root, file), join(root, notices, file));
  const packages = bundledPackages([...inputs]);
  writeFileSync(join(root, notices, 'THIRD-PARTY-LICENSES.txt'), licenses(packages));
  console.log(`${notices}/THIRD-PARTY-LICENSES.txt ${packages.length} packages`);
}

/** Folders of the packages that the inputs come from. */
function bundledPackages(inputs) {
  const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;
  return [...new Set(inputs.map((input) => folder.exec(input)?.[0]).filter(Boolean))].sort();
}

/** Every license text once, with the packages under it. */
function licenses(folders) {
  const owners = new Map();
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? readFileSync(join(root, folder, file), 'utf8').trim() : license?.type ?? `${license}`;
    owners.set(text, [...(owners.get(text) ?? []), `${name} ${version}`]);
  }
  return [...owners].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`).join(`\n${'-'.repeat(80)}\n\n`);
}
