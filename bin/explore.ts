import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { BEYOND } from '../simulation/exploration/beyond';
import { withChapter } from '../simulation/exploration/chapter';
import { hunt } from '../simulation/exploration/hunt';
import { records, remember, type Fall, type Size } from '../simulation/exploration/records';
import { explore, type Explored } from '../simulation/exploration/search';
import { LARGE, QUICK } from '../simulation/exploration/setting';
import { INVARIANTS } from '../simulation/invariants';
import { MUTANTS, withBug } from '../simulation/mutants';
import { PRODUCT } from '../simulation/run';
import { tableOf } from '../simulation/summary';

const HELP = `Goes through everything that can happen in small worlds, with the functions' real code, and checks what must always hold.

npm run explore -- [options]
  --quick           only the small worlds: a minute or two
  --world N         only the world of this number
  --states N        give a world up after so many states                     (default: never)
  --bug N           put the seeded bug of this number into the code, and stop at the first harm
  --mutants         look for all seeded bugs, each where it fell last, or else in these worlds
  --remember        write down what was measured                             (simulation/exploration/records.json)
  --document FILE   write the chapter of docs/simulation.md anew with what is written down, and do nothing else
  --list            the worlds, by number
  --help            print this

Exit codes: 0 if all is well, 1 after a violation, a world that was given up, or a bug that did not fall though it should, 2 for a wrong option.`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    world: { type: 'string' },
    states: { type: 'string' },
    bug: { type: 'string' },
    mutants: { type: 'boolean', default: false },
    remember: { type: 'boolean', default: false },
    document: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const ALL = values.quick ? QUICK : [...QUICK, ...LARGE];
const settings = values.world === undefined ? ALL : [ALL[count('world', values.world, ALL.length) - 1]];
const states = values.states === undefined ? undefined : count('states', values.states, Number.MAX_SAFE_INTEGER);

void main().then((ok) => { process.exitCode = ok ? 0 : 1; });

async function main(): Promise<boolean> {
  if (values.help) return say(HELP);
  if (values.list) return say(ALL.map(({ name }, index) => `${index + 1} ${name}`).join('\n'));
  if (values.document !== undefined) {
    writeFileSync(values.document, withChapter(readFileSync(values.document, 'utf8')));
    return true;
  }
  return values.mutants ? findMutants() : goThrough();
}

async function goThrough(): Promise<boolean> {
  const subject = values.bug === undefined ? PRODUCT : withBug(PRODUCT, MUTANTS[count('bug', values.bug, MUTANTS.length) - 1]);
  const results: (Explored & Size)[] = [];
  for (const setting of settings) {
    const began = process.cpuUsage().user;
    const explored = await explore(setting, subject, states);
    const result = { ...explored, world: setting.name, seconds: Math.ceil((process.cpuUsage().user - began) / 1e6) };
    results.push(result);
    const { violation, complete, seconds } = result;
    process.stderr.write(`${violation ? 'VIOLATION' : complete ? 'all of it' : 'given up'}: ${setting.name}, ${seconds} s\n`);
    if (!violation) continue;
    const { invariant, words } = violation;
    say(`Invariant ${invariant} is broken: ${INVARIANTS[invariant]}\n\n${(result.story ?? []).join('\n')}\n\n=> ${words}\n`);
    break;
  }
  const sizes = results.map(({ world, schedules, states: distinct, longest, seconds, complete }) => (
    { world, schedules, states: distinct, longest, seconds, complete }));
  if (values.remember && values.bug === undefined) remember({ worlds: sizes });
  say(tableOf(['world', 'schedules', 'distinct states', 'steps', 'longest', 'gone through', 'violations'], results.map(
    ({ world, schedules, states: distinct, steps, longest, complete, violation }) => (
      [world, schedules, distinct, steps, longest, complete ? 'all' : 'in part', violation ? 1 : 0]),
  )));
  const total = (of: (result: Explored & Size) => number) => results.reduce((sum, result) => sum + of(result), 0).toLocaleString('en-US');
  const counted = [`${total(({ schedules }) => schedules)} schedules`, `${total((result) => result.states)} distinct states`];
  say(`\n${[...counted, `${total(({ violation }) => (violation ? 1 : 0))} violations`, `${total(({ seconds }) => seconds)} s of processor time`].join(', ')}`);
  return results.every(({ complete }) => complete);
}

async function findMutants(): Promise<boolean> {
  const known = records().falls;
  const falls: Fall[] = [];
  const rows: (string | number)[][] = [];
  let ok = true;
  for (const [index, mutant] of MUTANTS.entries()) {
    const { bug } = mutant;
    if (BEYOND.some((each) => each.bug === bug)) {
      rows.push([bug, index + 1, 'beyond a small world', '', '']);
      continue;
    }
    const last = [...QUICK, ...LARGE].filter(({ name }) => name === known.find((fall) => fall.bug === bug)?.world);
    const found = await hunt(mutant, last, states) ?? await hunt(mutant, settings, states);
    process.stderr.write(`${found ? `falls after ${found.states} states` : 'DOES NOT FALL'}: ${bug}\n`);
    if (found) falls.push({ bug, world: found.world, invariant: found.invariant, states: found.states });
    ok &&= found !== undefined && mutant.breaks.some((invariant) => invariant === found.invariant);
    rows.push([bug, index + 1, found?.invariant ?? 'DOES NOT FALL', found?.states ?? '', found?.world ?? '']);
  }
  if (values.remember) remember({ falls });
  say(tableOf(['bug', 'number', 'invariant', 'states', 'world'], rows));
  return ok;
}

function count(option: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  process.stderr.write(`--${option} must be a whole number from 1 to ${most}, but is '${text}'\n`);
  process.exit(2);
}

function say(text: string): true {
  process.stdout.write(`${text}\n`);
  return true;
}
