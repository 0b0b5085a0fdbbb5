// Checks what the documents say: links lead to files and headings that exist, and docs/props.md lists exactly the props that there are,
// with their defaults. Needs the built library.
import { existsSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const read = (path) => readFileSync(join(root, path), 'utf8');
const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root, encoding: 'utf8' })
  .split('\n').filter((path) => path && existsSync(join(root, path)));

const problems = [...documents.filter((path) => path !== 'API.md').flatMap(brokenLinks), ...differentProps()];
problems.forEach((problem) => console.error(problem));
console.log(`${documents.length} documents, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;

function brokenLinks(document) {
  const text = read(document).replace(/^```.*?^```/gms, '');
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, link]) => link).filter((link) => !/^[a-z]+:/.test(link)).flatMap((link) => {
    const [path, anchor] = link.split('#');
    const target = path ? normalize(join(dirname(document), path)) : document;
    if (!existsSync(join(root, target))) return [`${document}: ${link} leads nowhere`];
    if (!anchor || !target.endsWith('.md') || anchors(target).includes(anchor)) return [];
    return [`${document}: ${link}: ${target} has no such heading`];
  });
}

/** As GitHub makes anchors of headings, and those that stand in the text. */
function anchors(document) {
  const text = read(document);
  const headings = text.split('\n').filter((line) => /^#+ /.test(line))
    .map((line) => line.replace(/^#+ /, '').toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
  return [...headings, ...[...text.matchAll(/<a [^>]*id="([^"]+)"/g)].map(([, id]) => id)];
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
