// Builds what runs in AWS: one self-contained file a function, which ships with the package.
// Needs no network. `module` before `main` lets esbuild drop what is not used, which makes the bundles load faster.
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outdir = join(root, 'assets');
const functions = ['rotator', 'sweeper', 'cleaner'];

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(functions.map((name) => [`${name}/index`, `lambda/${name}.ts`])),
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none', // gathered below
  sourcemap: false,
  metafile: true,
  logLevel: 'warning',
});

const packages = bundledPackages(Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs)));
writeFileSync(join(outdir, 'THIRD-PARTY-LICENSES.txt'), licenses(packages));
for (const name of functions) {
  console.log(`assets/${name}/index.js ${(statSync(join(outdir, name, 'index.js')).size / 1000).toFixed(0)} kB`);
}
console.log(`assets/THIRD-PARTY-LICENSES.txt ${packages.length} packages`);

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
    const text = file ? readFileSync(join(root, folder, file), 'utf8').trim() : `${license}`;
    owners.set(text, [...(owners.get(text) ?? []), `${name} ${version}`]);
  }
  return [...owners].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`).join(`\n${'-'.repeat(80)}\n\n`);
}
