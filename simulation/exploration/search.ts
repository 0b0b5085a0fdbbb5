import type { Operation } from '../faults';
import type { Violation } from '../invariants';
import type { Subject } from '../subject';
import type { Choice } from './choice';
import { areIndependent } from './independence';
import type { Setting } from './setting';
import { SmallWorld } from './small-world';

export interface Explored {
  readonly setting: Setting;
  /** Ways through the world that were followed until they ended, or reached a state that was known. */
  readonly schedules: number;
  /** Distinct states. */
  readonly states: number;
  /** Choices that were made, those of repeated beginnings included. */
  readonly steps: number;
  readonly longest: number;
  /** Everything was gone through. */
  readonly complete: boolean;
  readonly violation?: Violation;
  /** How it came to it. */
  readonly story?: readonly string[];
}

/** Calls by name that need not be answered now: the way on which they are answered first leads to the same states. */
type Asleep = ReadonlyMap<string, Operation>;

/** Where a world is left to be gone on with: the choices that lead there, by number, and what sleeps there. */
interface Fork {
  readonly path: readonly number[];
  readonly asleep: Asleep;
}

/**
 * Goes through everything that can happen in a small world, with the real code. A world can't be copied in mid-run, so each way through it
 * begins anew and repeats its choices; a state that was seen before is not gone on with. Of two calls that are independent of each other, one
 * order is enough: sleep sets, with what slept in a known state looked at when it comes there awake (Godefroid, 1996).
 *
 * @param mostStates gives up after so many
 */
export async function explore(setting: Setting, subject: Subject, mostStates = Infinity): Promise<Explored> {
  const seen = new Map<string, Asleep>();
  const open: Fork[] = [{ path: [], asleep: new Map() }];
  let [schedules, steps, longest] = [0, 0, 0];
  const report = (complete: boolean) => ({ setting, schedules, states: seen.size, steps, longest, complete });
  for (let fork = open.pop(); fork; fork = open.pop()) {
    if (seen.size >= mostStates) return report(false);
    const world = new SmallWorld(setting, subject);
    const story: string[] = [];
    const step = async (choice: number) => {
      const { words, happen } = world.choices()[choice];
      story.push(words);
      steps += 1;
      await happen();
    };
    for (const choice of fork.path) await step(choice);
    let { asleep } = fork;
    const taken = [...fork.path];
    for (;;) {
      const choices = world.violation ? [] : world.choices();
      if (choices.length === 0 && !world.violation) world.judge();
      longest = Math.max(longest, taken.length);
      if (world.violation) return { ...report(false), schedules: schedules + 1, violation: world.violation, story };
      const state = world.state();
      const slept = seen.get(state);
      const awake = awakeOf(choices, asleep, slept);
      seen.set(state, slept ? common(slept, asleep) : asleep);
      if (awake.length === 0) break;
      // The last of them is gone on with first, so the ones before it are not yet done with; they need not be, they only must be.
      const forks = forksOf(choices, awake, asleep);
      for (const { choice, asleep: there } of forks.slice(1).reverse()) open.push({ path: [...taken, choice], asleep: there });
      await step(forks[0].choice);
      taken.push(forks[0].choice);
      asleep = forks[0].asleep;
    }
    schedules += 1;
  }
  return report(true);
}

const nameOf = ({ strand, ordinal }: NonNullable<Choice['call']>) => `${strand.name} ${ordinal}`;

/** @param slept what slept when this state was seen before: all else was looked at then */
function awakeOf(choices: readonly Choice[], asleep: Asleep, slept: Asleep | undefined): number[] {
  return [...choices.keys()].filter((index) => {
    const { call } = choices[index];
    const name = call && nameOf(call);
    return slept ? name !== undefined && slept.has(name) && !asleep.has(name) : name === undefined || !asleep.has(name);
  });
}

/** Each of these choices, with what sleeps after it: what slept before and what was chosen before it, if it is independent of it. */
function forksOf(choices: readonly Choice[], awake: readonly number[], asleep: Asleep): { choice: number; asleep: Asleep }[] {
  const done = new Map(asleep);
  return awake.map((choice) => {
    const { call } = choices[choice];
    const there = new Map(call ? [...done].filter(([, operation]) => areIndependent(operation, call.operation)) : []);
    if (call) done.set(nameOf(call), call.operation);
    return { choice, asleep: there };
  });
}

const common = (one: Asleep, other: Asleep): Asleep => new Map([...one].filter(([name]) => other.has(name)));
