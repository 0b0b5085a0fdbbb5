import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { afternoon } from '../bench/afternoon';
import { blip } from '../bench/blip';
import { coldStart } from '../bench/cold-start';
import { connection } from '../bench/connection';
import { cost } from '../bench/cost';
import { writeDocument } from '../bench/document';
import type { Effort, Figure } from '../bench/figure';
import { hotPath } from '../bench/hot-path';
import { noise } from '../bench/noise';
import { packages } from '../bench/packages';
import { recoveryPath } from '../bench/recovery-path';
import { regressions, tableOf, type Section } from '../bench/report';
import { sweeping } from '../bench/sweep';
import { throughput } from '../bench/throughput';

const HELP = `Measures what ships, each figure beside the least that it could be and beside what people would otherwise build.

npm run bench -- [options]
  --quick       fewer rounds: under a minute on an idle machine
  --only NAME   one of the benches; may be repeated
  --document    write docs/benchmarks.md, its plots and what other documents quote of it; with --only, anew for these benches only
  --bounds      write the ratios of what is counted to bench/bounds.json, which the check holds the next run against
  --help        print this

Needs the built bundles (npm ci builds them). Exit codes: 0, or 1 if a counted ratio got worse than its bound.`;

const BENCHES = {
  recovery: recoveryPath, session: connection, 'cold-start': coldStart, 'hot-path': hotPath, blip, noise, sweep: sweeping, afternoon, cost, packages,
  throughput,
};
const ROOT = join(__dirname, '..');
const BOUNDS = join(ROOT, 'bench', 'bounds.json');

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean' }, only: { type: 'string', multiple: true }, document: { type: 'boolean' }, bounds: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return say(HELP);
  const names = values.only ?? Object.keys(BENCHES);
  const unknown = names.find((name) => !(name in BENCHES));
  if (unknown !== undefined) {
    console.error(`There is no bench '${unknown}'; there are ${Object.keys(BENCHES).join(', ')}.`);
    return 2;
  }
  const sections: Section[] = [];
  const took: [name: string, seconds: number][] = [];
  for (const name of names) {
    const begun = performance.now();
    sections.push(await measure(name as keyof typeof BENCHES, values.quick ? 'quick' : 'full'));
    took.push([name, (performance.now() - begun) / 1000]);
  }
  process.stderr.write(`${whereTimeWent(took)}\n`);
  const figures = sections.flatMap((section) => section.figures);
  if (values.document) await writeDocument(sections, Object.values(BENCHES).map(({ title }) => title));
  if (values.bounds) writeBounds(figures, values.only ? bounds() : {});
  const worse = regressions(figures, bounds());
  for (const line of worse) console.error(`WORSE: ${line}`);
  return worse.length > 0 ? 1 : 0;
}

async function measure(name: keyof typeof BENCHES, effort: Effort): Promise<Section> {
  const bench = BENCHES[name];
  const section = { title: bench.title, figures: await bench.measure(effort, (line) => process.stderr.write(`${line}\n`)) };
  say(`${tableOf(section)}\n`);
  return section;
}

/** The longest first. */
function whereTimeWent(took: readonly (readonly [name: string, seconds: number])[]): string {
  const total = took.reduce((sum, [, seconds]) => sum + seconds, 0);
  const each = [...took].sort(([, one], [, other]) => other - one).map(([name, seconds]) => `${name} ${seconds.toFixed(0)}`);
  return `It took ${total.toFixed(0)} s: ${each.join(', ')}`;
}

const bounds = () => JSON.parse(readFileSync(BOUNDS, 'utf8')) as Record<string, number>;

/** @param former bounds of what was not measured this time */
function writeBounds(figures: readonly Figure[], former: Readonly<Record<string, number>>): void {
  const found = figures.filter(({ counted }) => counted).map(({ id, value, floor }) => [id, Number((floor ? value / floor.value : value).toFixed(4))]);
  writeFileSync(BOUNDS, `${JSON.stringify({ ...former, ...Object.fromEntries(found) }, undefined, 2)}\n`);
}

function say(text: string): 0 {
  process.stdout.write(`${text}\n`);
  return 0;
}

main().then((code) => { process.exitCode = code; }, (error: unknown) => {
  console.error(`The bench could not run: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
