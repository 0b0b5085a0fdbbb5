// Builds what ships with the package: one self-contained file for each function that runs in AWS, and one for each command.
// Needs no network. `module` before `main` lets esbuild drop what is not used, which makes the bundles load faster.
import { copyFileSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outdir = join(root, 'assets');
const bundles = [
  { entry: 'lambda/rotator', outfile: 'rotator/index', target: 'node22' },
  { entry: 'lambda/sweeper', outfile: 'sweeper/index', target: 'node22' },
  { entry: 'lambda/cleaner', outfile: 'cleaner/index', target: 'node22' },
  { entry: 'bin/tunnel-source', outfile: 'bin/tunnel-source', target: 'node20' },
  { entry: 'bin/local-cloud', outfile: 'bin/local-cloud', target: 'node20', alias: { level: './scripts/level-on-disk.cjs' } },
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

const inputs = new Set();
for (const { entry, outfile, target, alias } of bundles) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [`${entry}.ts`],
    outfile: join(outdir, `${outfile}.js`),
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
  console.log(`assets/${outfile}.js ${(statSync(join(outdir, `${outfile}.js`)).size / 1000).toFixed(0)} kB`);
}

// The local cloud starts it as a process of its own, once for each function instance.
copyFileSync(join(root, 'local', 'functions', 'instance-main.cjs'), join(outdir, 'bin', 'instance-main.cjs'));

const packages = bundledPackages([...inputs]);
writeFileSync(join(outdir, 'THIRD-PARTY-LICENSES.txt'), licenses(packages));
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
