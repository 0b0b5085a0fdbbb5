import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { plot, SCHEMES } from './plots';
import { quotable, requote } from './quotes';
import { anchorOf, markdownOf, type Section } from './report';

const ROOT = join(__dirname, '..');
const FOLDER = join(ROOT, 'docs', 'benchmarks');
const MEASURED = join(FOLDER, 'measured.json');

/** A section, and where it comes from. */
interface Measured extends Section {
  readonly how: string;
}

/**
 * Writes docs/benchmarks.md with its plots, and what other documents quote of it. What was not measured this time stays as it was measured before;
 * `npm run check:docs` holds the quotes against what is kept here.
 */
export async function writeDocument(sections: readonly Section[], order: readonly string[]): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const how = howItWasMeasured();
  const former = existsSync(MEASURED) ? (JSON.parse(readFileSync(MEASURED, 'utf8')) as { sections: Measured[] }).sections : [];
  const all = order.flatMap((title) => {
    const fresh = sections.find((section) => section.title === title);
    return fresh ? [{ ...fresh, how }] : former.filter((section) => section.title === title);
  });
  const shown = quotable(all.flatMap(({ figures }) => figures));
  writeFileSync(MEASURED, `${JSON.stringify({ shown, sections: all }, undefined, 2)}\n`);
  const pictures: string[] = [];
  for (const section of all) if (await draw(section)) pictures.push(section.title);
  writeFileSync(join(ROOT, 'docs', 'benchmarks.md'), [
    '# Benchmarks', '',
    'Written by `npm run bench -- --document`; nothing here is typed by hand. A ratio below 1 is better than its floor, which is then a bare version',
    'of the same thing. Times are this machine\'s; counts, sizes and dollars are the same everywhere, and `.ci/run` holds them against',
    '`bench/bounds.json`.', '',
    ...all.map((section) => markdownOf(section, pictures.includes(section.title), section.how)),
  ].join('\n'));
  for (const path of documents()) {
    const before = readFileSync(path, 'utf8');
    const after = requote(before, shown);
    if (after !== before) writeFileSync(path, after);
  }
}

/** Times depend on what else the machine does, so that is said as well. */
function howItWasMeasured(): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim();
  const machine = `${cpus().length} cores (${cpus()[0].model.trim()})`;
  const busy = `a load of ${loadavg()[2].toFixed(1)} on them in the last quarter of an hour`;
  return `Measured on ${new Date().toISOString().slice(0, 10)}, commit ${commit}, Node ${process.version}, ${machine}, ${busy}.`;
}

/** False if there is nothing to draw: what stands alone needs no bars. */
async function draw({ title, figures }: Section): Promise<boolean> {
  const bars = figures.filter((figure) => figure.unit === figures[0].unit && (figure.floor || figure.rivals));
  if (bars.length === 0) return false;
  for (const scheme of SCHEMES) writeFileSync(join(FOLDER, `${anchorOf(title)}-${scheme.name}.svg`), await plot(bars, scheme));
  return true;
}

function documents(): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: ROOT, encoding: 'utf8' }).split('\n');
  return listed.filter(Boolean).map((path) => join(ROOT, path)).filter(existsSync);
}
