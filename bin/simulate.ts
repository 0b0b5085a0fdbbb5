import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ProfileError, readProfile } from '../local-cloud/profile';
import type { Behaviour } from '../local-cloud/tunneling/behaviour';
import { INVARIANTS } from '../simulation/invariants';
import { MUTANTS, withBug, type Mutant } from '../simulation/mutants';
import { documentOf } from '../simulation/document';
import { knownWorlds, remember, type KnownWorlds } from '../simulation/known-worlds';
import { measuredUnknowns } from '../simulation/measured';
import { ENOUGH, placesToReach, unreached } from '../simulation/reach';
import { commandFor, planOf } from '../simulation/replay';
import { hunt, PRODUCT, run, type BrokenWorld, type Catch } from '../simulation/run';
import { runWorld, shrink } from '../simulation/shrink';
import { catchesOf, summaryOf, thousands } from '../simulation/summary';

const HELP = `Runs the functions' real code in pretended worlds, in virtual time, and checks what must always hold.

npm run simulate -- [options]
  --seed N          where the randomness begins                              (default 1)
  --drops N         go on until so many connections have dropped             (default 25000)
  --violations N    stop after so many broken worlds                         (default 1)

  --world N         tell the story of this one world of the run
  --tunnels 0,2       ... with these tunnels only
  --faults a,b        ... with these faults only (none: without any)
  --drops-each N      ... and so many drops a tunnel at most

  --bug N           put the seeded bug of this number into the code (docs/simulation.md lists them)
  --bugs            hunt all seeded bugs instead, each for at most --drops drops
  --remember        ... and write down for the tests where they were found
  --profile FILE    let AWS do in every world as was measured (tunnel-local-cloud calibrate)
  --document FILE   simulate, look for the bugs where they were found last, and write docs/simulation.md to FILE
  --help            print this

Exit codes: 0 if all is well, 1 after a violation, an uncaught bug, or a run of 25,000 drops or more that did not reach all it should.`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    drops: { type: 'string', default: '25000' },
    violations: { type: 'string', default: '1' },
    world: { type: 'string' },
    tunnels: { type: 'string' },
    faults: { type: 'string' },
    'drops-each': { type: 'string' },
    bug: { type: 'string' },
    bugs: { type: 'boolean', default: false },
    remember: { type: 'boolean', default: false },
    profile: { type: 'string' },
    document: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const seed = count('seed', values.seed);
const drops = count('drops', values.drops);
const bug = values.bug === undefined ? undefined : count('bug', values.bug);
const measured = values.profile === undefined ? undefined : measuredUnknowns(read(values.profile));
const subject = bug === undefined ? PRODUCT : withBug(PRODUCT, mutant(bug));

void main().then((ok) => { process.exitCode = ok ? 0 : 1; });

async function main(): Promise<boolean> {
  if (values.help) return say(HELP);
  if (values.world !== undefined) return tellWorld(count('world', values.world));
  if (values.bugs) {
    const catches = await huntAll();
    if (values.remember) remember(catches, seed);
    say(catchesOf(catches, seed));
    return catches.every(({ caught }) => caught);
  }
  const started = Date.now();
  const result = await run(subject, { seed, drops, measured, mostViolations: count('violations', values.violations), progress: reporter(drops) });
  const took = (Date.now() - started) / 1000;
  for (const broken of result.broken) await tellViolation(broken);
  const missing = unreached(result.tally);
  const reached = `reached: ${placesToReach - missing.length} of ${placesToReach} outcomes, drops and faults at each call`;
  const notReached = missing.length > 0 ? `; NOT REACHED: ${missing.join('; ')}` : '';
  const pace = `${took.toFixed(1)} s, ${thousands(Math.round(result.tally.drops / took))} drops a second`;
  say(`${summaryOf(result)}\n\n${reached}${notReached}\n\nseed ${seed}, ${pace}`);
  // A run this long that did not come everywhere proves less than it seems to; one with a seeded bug stops at the first harm.
  const isVacuous = missing.length > 0 && drops >= ENOUGH && bug === undefined;
  if (values.document) {
    const catches = await huntAll(knownWorlds());
    writeFileSync(values.document, documentOf(result, catches, { seed, drops }));
    return result.broken.length === 0 && !isVacuous && catches.every(({ caught }) => caught);
  }
  return result.broken.length === 0 && !isVacuous;
}

async function tellViolation({ world, violation: { invariant } }: BrokenWorld): Promise<void> {
  process.stderr.write(`world ${world} breaks invariant ${invariant}; looking for its shortest story\n`);
  const { plan, story, violation } = await shrink(planOf({ seed, world, measured }), subject, invariant);
  say([
    `Invariant ${invariant} is broken: ${INVARIANTS[invariant]}`, story?.shortText(), `=> ${violation?.words}`,
    `${commandFor(seed, world, plan, { bug, profile: values.profile })}\n`,
  ].join('\n\n'));
}

async function tellWorld(world: number): Promise<boolean> {
  const { tunnels, faults, 'drops-each': dropsEach } = values;
  const { story, violation, conditions } = await runWorld(planOf({
    seed, world,
    tunnels: tunnels?.split(',').map((each) => count('tunnels', each)),
    faults: faults === 'none' ? [] : faults?.split(','),
    dropsEach: dropsEach === undefined ? undefined : count('drops-each', dropsEach),
    measured,
  }), subject, true);
  say(`${JSON.stringify(conditions, undefined, 2)}\n\n${story?.text()}\n`);
  say(violation ? `Invariant ${violation.invariant} is broken: ${violation.words}` : 'All is well.');
  return !violation;
}

/** @param known begins where each bug was found last */
async function huntAll(known: KnownWorlds = {}): Promise<Catch[]> {
  const catches: Catch[] = [];
  for (const mutant of MUTANTS) {
    catches.push(await hunt(mutant, { seed: known[mutant.bug]?.seed ?? seed, from: known[mutant.bug]?.world, drops }));
    process.stderr.write(`${catches.at(-1)?.caught ? 'caught' : 'NOT CAUGHT'}: ${mutant.bug}\n`);
  }
  return catches;
}

/** A line on stderr every other second. */
function reporter(goal: number) {
  let next = Date.now() + 2_000;
  return ({ drops: done, worlds }: { drops: number; worlds: number }) => {
    if (Date.now() < next) return;
    next = Date.now() + 2_000;
    process.stderr.write(`${thousands(done)} of ${thousands(goal)} drops, ${thousands(worlds)} worlds\n`);
  };
}

function count(option: string, text: string): number {
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : complain(`--${option} must be a whole number, but is '${text}'`);
}

function read(profile: string): Partial<Behaviour> {
  try {
    return readProfile(profile).behaviour;
  } catch (error) {
    if (error instanceof ProfileError) return complain(error.message);
    throw error;
  }
}

function mutant(number: number): Mutant {
  return MUTANTS[number - 1] ?? complain(`--bug must be from 1 to ${MUTANTS.length}, but is ${number}`);
}

function complain(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

function say(text: string): true {
  process.stdout.write(`${text}\n`);
  return true;
}
