// Builds what ships: a self-contained folder for each function that runs in AWS, in which what it needs late lies apart, and one file for each command,
// in the package it belongs to.
// Beside it lie the licences of what was bundled, and a bill of materials (CycloneDX). Needs no network.
// With names of output folders as arguments, only these.
// `module` before `main` lets esbuild drop what is not used, which makes the bundles load faster.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { ownSourceMap } from './own-source-map.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** `ws` masks byte by byte without this native module, which a bundle can't hold: see docs/decisions/130. */
const masking = { bufferutil: './tunnel-protocol/masking.ts' };

/** A package that is published, and what esbuild makes for it. */
const PACKAGES = [
  {
    outdir: 'assets', target: 'node22', notices: 'assets', inParts: true,
    // In Lambda the credentials stand in the environment.
    alias: { '@aws-sdk/credential-provider-node': './scripts/bundle-lambda-credentials.mjs' },
    bundles: [
      { entry: 'lambda/rotator/handler', outfile: 'rotator/index' },
      { entry: 'lambda/sweeper/handler', outfile: 'sweeper/index' },
      { entry: 'lambda/cleaner/handler', outfile: 'cleaner/index' },
    ],
  },
  {
    outdir: 'connector/dist', target: 'node20', notices: 'connector', alias: masking,
    bundles: [{ entry: 'connector/cli/tunnel-source', outfile: 'tunnel-source', command: true }],
  },
  {
    outdir: 'local-cloud/dist', target: 'node20', notices: 'local-cloud',
    // `level`: tables live in memory, and its native database can't be bundled.
    alias: { ...masking, level: './scripts/bundle-level.cjs' },
    bundles: [
      { entry: 'local-cloud/cli/tunnel-local-cloud', outfile: 'tunnel-local-cloud', command: true },
      { entry: 'local-cloud/page/client/main', outfile: 'page/page', page: true },
    ],
    files: [
      // Started as a process of its own, once for each function instance.
      'local-cloud/functions/instance-main.cjs',
      'local-cloud/page/client/index.html', 'local-cloud/page/client/page.css',
    ],
  },
];

/** Of the last years; JSX as the page's own tsconfig.json has it. */
const IN_A_BROWSER = { platform: 'browser', target: 'es2022', format: 'esm', jsx: 'automatic', jsxImportSource: 'preact' };

/** dynalite finds its actions by `require('./actions/' + name)`; with the ending, esbuild can take them all along. */
const dynaliteActions = {
  name: 'dynalite-actions',
  setup({ onLoad }) {
    onLoad({ filter: /node_modules\/dynalite\/index\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/require\('(\.\/\w+\/)' \+ (\w+)\)/g, "require('$1' + $2 + '.js')"),
    }));
  },
};

/** Of an SDK client's package.json the client reads its version, and nobody anything else. */
const onlyVersions = {
  name: 'only-versions',
  setup({ onLoad }) {
    onLoad({ filter: /node_modules\/@aws-sdk\/client-[^/]+\/package\.json$/ }, ({ path }) => ({
      contents: JSON.stringify({ version: JSON.parse(readFileSync(path, 'utf8')).version }), loader: 'json',
    }));
  },
};

const wanted = process.argv.slice(2);
for (const each of PACKAGES) if (wanted.length === 0 || wanted.includes(each.outdir)) await make(each);

async function make({ outdir, target, alias, notices, inParts = false, bundles, files = [] }) {
  // The declarations there are made by declare.mjs: who bundles anew between two builds must not lose them.
  mkdirSync(join(root, outdir), { recursive: true });
  for (const entry of readdirSync(join(root, outdir))) if (entry !== 'types') rmSync(join(root, outdir, entry), { recursive: true });
  const bundled = { inputs: {}, outputs: {} };
  for (const { entry, outfile, command, page } of bundles) {
    const path = `${outdir}/${outfile}.js`;
    const settings = {
      absWorkingDir: root, bundle: true, mainFields: ['module', 'main'], ...(page ? IN_A_BROWSER : { platform: 'node', target, alias, format: 'cjs' }),
      legalComments: 'none', // gathered below
      metafile: true, logLevel: 'warning', plugins: [dynaliteActions, onlyVersions],
    };
    const { metafile } = inParts
      ? await buildParts({ ...settings, entryPoints: { index: `${entry}.ts` }, outdir: join(outdir, dirname(outfile)) }, target)
      : await build({ ...settings, entryPoints: [`${entry}${page ? '.tsx' : '.ts'}`], outfile: path, minify: true });
    Object.assign(bundled.inputs, metafile.inputs);
    Object.assign(bundled.outputs, metafile.outputs);
    if (command) chmodSync(join(root, path), 0o755);
    const parts = Object.values(metafile.outputs);
    console.log(`${path} ${Math.round(parts.reduce((sum, { bytes }) => sum + bytes, 0) / 1000)} kB${parts.length > 1 ? ` in ${parts.length} parts` : ''}`);
  }
  mkdirSync(join(root, outdir), { recursive: true });
  for (const file of files) copyFileSync(join(root, file), join(root, outdir, /\.(html|css)$/.test(file) ? 'page' : '', file.split('/').at(-1)));
  if (notices !== 'assets') for (const file of ['LICENSE', 'NOTICE']) copyFileSync(join(root, file), join(root, notices, file));
  const packages = bundledPackages(bundled);
  writeFileSync(join(root, notices, 'THIRD-PARTY-LICENSES.txt'), licenses(packages));
  writeBillOfMaterials(bundled, join(root, notices, 'sbom.json'));
  console.log(`${notices} THIRD-PARTY-LICENSES.txt and sbom.json, ${packages.length} packages`);
}

/**
 * What is imported with `import()` lies in files of its own, beside the one that is loaded first. esbuild takes ES modules apart and no others, and
 * CommonJS loads faster, so each part is turned into that afterwards.
 */
async function buildParts(settings, target) {
  const mapped = { sourcemap: 'inline', sourcesContent: false };
  const built = await build({ ...settings, ...mapped, format: 'esm', splitting: true, write: false, minifySyntax: true });
  for (const { path, text } of built.outputFiles) {
    const { code, map } = await transform(text, {
      ...mapped, sourcemap: 'external', format: 'cjs', platform: 'node', target, minify: true, supported: { 'dynamic-import': false },
    });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
    // For `lambda/readable-stacks`: what is ours in it, by its path in the repository.
    const named = (source) => (source.includes('node_modules/') ? undefined : relative(root, resolve(dirname(path), source)));
    const ours = ownSourceMap(JSON.parse(map), named);
    if (ours) writeFileSync(`${path}.map`, ours);
    built.metafile.outputs[relative(root, path)].bytes = Buffer.byteLength(code);
  }
  return built;
}

/** Folders of the packages of which something is in the bundles. */
function bundledPackages({ outputs }) {
  const folder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;
  const inputs = Object.values(outputs).flatMap(({ inputs: used }) => Object.keys(used));
  return [...new Set(inputs.map((input) => folder.exec(input)?.[0]).filter(Boolean))].sort();
}

function writeBillOfMaterials(metafile, file) {
  const scratch = mkdtempSync(join(tmpdir(), 'bundle-'));
  writeFileSync(join(scratch, 'metafile.json'), JSON.stringify(metafile));
  execFileSync(process.execPath, [
    join(root, 'node_modules/@cyclonedx/cyclonedx-esbuild/bin/cyclonedx-esbuild-cli.js'), '--build-working-dir', root, '--output-reproducible',
    '--mc-type', 'library', '--no-validate', '--output-file', file, join(scratch, 'metafile.json'),
  ], { cwd: root, stdio: ['ignore', 'inherit', 'pipe'] });
  rmSync(scratch, { recursive: true });
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
