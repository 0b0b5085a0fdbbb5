import { parseArgs } from 'node:util';
import { explore, type Explored } from '../simulation/exploration/search';
import { LARGE, QUICK } from '../simulation/exploration/setting';
import { INVARIANTS } from '../simulation/invariants';
import { MUTANTS, withBug } from '../simulation/mutants';
import { PRODUCT } from '../simulation/run';
import { tableOf } from '../simulation/summary';

const HELP = `Goes through everything that can happen in small worlds, with the functions' real code, and checks what must always hold.

npm run explore -- [options]
  --quick           only the small worlds
  --world N         only the world of this number
  --states N        give a world up after so many states                     (default: never)
  --bug N           put the seeded bug of this number into the code, and stop at the first harm
  --bugs            look for all seeded bugs, each in all of these worlds
  --help
Exit code: 0 if all is well, 1 after a violation, a world that was given up, or an uncaught bug.`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    world: { type: 'string' },
    states: { type: 'string' },
    bug: { type: 'string' },
    bugs: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const ALL = values.quick ? QUICK : [...QUICK, ...LARGE];
const settings = values.world === undefined ? ALL : [ALL[count('world', values.world, ALL.length) - 1]];
const states = values.states === undefined ? undefined : count('states', values.states, Number.MAX_SAFE_INTEGER);

void main().then((ok) => { process.exitCode = ok ? 0 : 1; });

async function main(): Promise<boolean> {
  if (values.help) return say(HELP);
  if (values.bugs) return findAll();
  const subject = values.bug === undefined ? PRODUCT : withBug(PRODUCT, MUTANTS[count('bug', values.bug, MUTANTS.length) - 1]);
  const began = process.cpuUsage().user;
  const results: Explored[] = [];
  for (const setting of settings) {
    const result = await explore(setting, subject, states);
    results.push(result);
    process.stderr.write(`${result.violation ? 'VIOLATION' : result.complete ? 'all of it' : 'given up'}: ${setting.name}\n`);
    if (!result.violation) continue;
    const { violation: { invariant, words }, story = [] } = result;
    say(`Invariant ${invariant} is broken: ${INVARIANTS[invariant]}\n\n${story.join('\n')}\n\n=> ${words}\n`);
    break;
  }
  say(tableOf(['world', 'schedules', 'distinct states', 'steps', 'longest', 'gone through', 'violations'], results.map(
    ({ setting, schedules, states: distinct, steps, longest, complete, violation }) => (
      [setting.name, schedules, distinct, steps, longest, complete ? 'all' : 'in part', violation ? 1 : 0]),
  )));
  const total = (of: (result: Explored) => number) => results.reduce((sum, result) => sum + of(result), 0).toLocaleString('en-US');
  const took = ((process.cpuUsage().user - began) / 1e6).toFixed(0);
  const counted = [`${total(({ schedules }) => schedules)} schedules`, `${total((result) => result.states)} distinct states`];
  say(`\n${[...counted, `${total(({ violation }) => (violation ? 1 : 0))} violations`, `${took} s of processor time`].join(', ')}`);
  return results.every(({ complete }) => complete);
}

async function findAll(): Promise<boolean> {
  const rows: (string | number)[][] = [];
  for (const [index, mutant] of MUTANTS.entries()) {
    let found: Explored | undefined;
    for (const setting of settings) {
      const result = await explore(setting, withBug(PRODUCT, mutant), states);
      if (!result.violation) continue;
      found = result;
      break;
    }
    process.stderr.write(`${found ? 'found' : 'NOT FOUND'}: ${mutant.bug}\n`);
    rows.push([mutant.bug, index + 1, found?.violation ? found.violation.invariant : 'not found', found?.states ?? '', found?.setting.name ?? '']);
  }
  say(tableOf(['bug', 'number', 'invariant', 'states', 'world'], rows));
  return rows.every(([, , invariant]) => typeof invariant === 'number');
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
