// Writes the conformance table of docs/local-cloud.md from the rows that the tests check, between its two markers.
// `--check` writes nothing and fails if the table in the document is another one.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONFORMANCE } from '../local-cloud/conformance/rows';

const FILE = join(__dirname, '..', 'docs', 'local-cloud.md');
const [BEGIN, END] = ['<!-- conformance: begin -->', '<!-- conformance: end -->'];

const cell = (text: string) => text.replaceAll('|', '\\|');
const pageName = (url: string) => url.split('/').at(-1)!.replace(/\.html.*|#.*/g, '');
const chapters = Object.entries(CONFORMANCE).map(([chapter, rows]) => [
  `### ${chapter}`, '', '| rule | from | checked by |', '| --- | --- | --- |',
  ...rows.map(({ rule, source, checkedBy }) => `| ${cell(rule)} | [${cell(pageName(source))}](${source}) | ${checkedBy} |`), '',
].join('\n'));
const rules = Object.values(CONFORMANCE).reduce((sum, rows) => sum + rows.length, 0);
const origin = `${rules} rules, each with the page it comes from. Generated from \`local-cloud/conformance\`.`;
const table = [BEGIN, '', origin, '', ...chapters, END].join('\n');

const before = readFileSync(FILE, 'utf8');
const after = before.replace(new RegExp(`${BEGIN}[^]*${END}`), () => table);
if (process.argv.includes('--check')) {
  if (after !== before) {
    console.error('docs/local-cloud.md is behind the conformance rows: run npm run docs:local-cloud');
    process.exitCode = 1;
  }
} else {
  writeFileSync(FILE, after);
}
