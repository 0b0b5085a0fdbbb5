// Checks what the documents say: links lead to files and headings that exist, and docs/props.md lists exactly the props that there are,
// with their defaults; figures that they quote are those that the bench measured last; TypeScript in them compiles, and the npm scripts that
// they name are there. Needs the built packages. (What the README shows of the constructs is jsii-rosetta's to compile: npm run check:languages.)
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const read = (path) => readFileSync(join(root, path), 'utf8');
const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\n').filter((path) => path && existsSync(join(root, path)));

const ours = documents.filter((path) => path !== 'API.md');
const problems = [...ours.flatMap(brokenLinks), ...ours.flatMap(wrongQuotes), ...ours.flatMap(missingScripts), ...differentProps(), ...wrongCode(ours)];
problems.forEach((problem) => console.error(problem));
console.log(`${documents.length} documents, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;

function brokenLinks(document) {
  const text = read(document).replace(/^```.*?^```/gms, '');
  return [...text.matchAll(/\]\(([^()\s]+)(?: "[^"]*")?\)/g)].map(([, link]) => link).filter((link) => !/^[a-z]+:/.test(link)).flatMap((link) => {
    const [path, anchor] = link.split('#');
    const target = path ? normalize(join(dirname(document), path)) : document;
    if (!existsSync(join(root, target))) return [`${document}: ${link} leads nowhere`];
    if (!anchor || !target.endsWith('.md') || anchors(target).includes(anchor)) return [];
    return [`${document}: ${link}: ${target} has no such heading`];
  });
}

/** `[103 s](benchmarks.md#blip "blip.1000.10.time")` quotes a figure; `npm run bench -- --document` writes what it says. */
function wrongQuotes(document) {
  const { shown: measured } = JSON.parse(read('docs/benchmarks/measured.json'));
  return [...read(document).matchAll(/\[([^\]]*)\]\([^()\s]*benchmarks\.md(?:#[^()\s]*)? "([^"]+)"\)/g)].flatMap(([, says, id]) => {
    if (!(id in measured)) return [`${document}: no figure is called ${id}`];
    return measured[id] === says ? [] : [`${document}: ${id} is ${measured[id]}, not ${says}`];
  });
}

/** As GitHub makes anchors of headings, and those that stand in the text. */
function anchors(document) {
  const text = read(document);
  const headings = text.split('\n').filter((line) => /^#+ /.test(line))
    .map((line) => line.replace(/^#+ /, '').toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
  return [...headings, ...[...text.matchAll(/<a [^>]*id="([^"]+)"/g)].map(([, id]) => id)];
}

function missingScripts(document) {
  const { scripts } = JSON.parse(read('package.json'));
  return [...read(document).matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, name]) => name).filter((name) => !(name in scripts))
    .map((name) => `${document}: there is no npm script ${name}`);
}

/** Each block stands for itself, in a module; what it leaves to the reader's imagination it has to declare. */
function wrongCode(paths) {
  const blocks = paths.flatMap((path) => [...read(path).matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => ({ path, code })));
  mkdirSync(join(root, 'cdk.out'), { recursive: true }); // ignored by git, and by every other check
  const folder = mkdtempSync(join(root, 'cdk.out', 'doc-code-'));
  blocks.forEach(({ code }, index) => writeFileSync(join(folder, `block${index}.mts`), `${code}\nexport {};\n`));
  const options = { noEmit: true, noUnusedLocals: false, rootDir: root };
  const include = ['*.mts', join(root, 'local-cloud/dynalite.d.ts')];
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions: options, include, exclude: [] }));
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder], { cwd: root, encoding: 'utf8' });
    return [];
  } catch ({ stdout }) {
    return stdout.split('\n').filter(Boolean).map((line) => line.replace(/^.*block(\d+)\.mts/, (_, index) => `${blocks[index].path}, its code`));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function differentProps() {
  const { types } = JSON.parse(read('.jsii'));
  const { properties } = types['cdk-tunnel-token-rotator.TunnelTokenRotatorProps'];
  const plain = (text) => text.replace(/`/g, '').replace(/^- /, '').trim();
  const actual = new Map(properties.map(({ name, docs }) => [name, plain(docs.default)]));
  const listed = new Map([...read('docs/props.md').matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name, value]) => [name, plain(value)]));
  return [
    ...[...actual.keys()].filter((name) => !listed.has(name)).map((name) => `docs/props.md: ${name} is missing`),
    ...[...listed.keys()].filter((name) => !actual.has(name)).map((name) => `docs/props.md: there is no prop ${name}`),
    ...[...actual].filter(([name, value]) => listed.has(name) && listed.get(name) !== value)
      .map(([name, value]) => `docs/props.md: the default of ${name} is '${value}', not '${listed.get(name)}'`),
  ];
}
