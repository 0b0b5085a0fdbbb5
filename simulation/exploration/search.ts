import type { Violation } from '../invariants';
import type { Subject } from '../subject';
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

/** Where a world is left to be gone on with: the choices that lead there, by number. */
type Path = readonly number[];

/**
 * Goes through everything that can happen in a small world, with the real code. A world can't be copied in mid-run, so each way through it
 * begins anew and repeats its choices; a state that was seen before is not gone on with.
 *
 * @param mostStates gives up after so many
 */
export async function explore(setting: Setting, subject: Subject, mostStates = Infinity): Promise<Explored> {
  const seen = new Set<string>();
  const open: Path[] = [[]];
  let [schedules, steps, longest] = [0, 0, 0];
  const report = (complete: boolean) => ({ setting, schedules, states: seen.size, steps, longest, complete });
  for (let path = open.pop(); path; path = open.pop()) {
    if (seen.size >= mostStates) return report(false);
    const world = new SmallWorld(setting, subject);
    const story: string[] = [];
    const step = async (choice: number) => {
      const { words, happen } = world.choices()[choice];
      story.push(words);
      steps += 1;
      await happen();
    };
    for (const choice of path) await step(choice);
    for (const taken = [...path]; ; taken.push(0)) {
      const choices = world.violation ? [] : world.choices();
      if (choices.length === 0 && !world.violation) world.judge();
      longest = Math.max(longest, taken.length);
      if (world.violation) return { ...report(false), schedules: schedules + 1, violation: world.violation, story };
      const state = world.state();
      if (choices.length === 0 || seen.has(state)) {
        seen.add(state);
        break;
      }
      seen.add(state);
      for (let other = choices.length - 1; other >= 1; other--) open.push([...taken, other]);
      await step(0);
    }
    schedules += 1;
  }
  return report(true);
}
