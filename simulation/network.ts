import type { Chance } from './chance';
import type { Conditions } from './conditions';
import { canBefall, failureOf, fairFate, foulFate, OPERATIONS, type Fate, type Operation } from './faults';
import { RecoveryStrand } from './recovery-strand';
import type { Scheduler, Strand } from './scheduler';
import type { Tell } from './story';
import type { Tunnel } from './tunneling';

/** One invocation of a function; it lives and dies as a whole. */
export interface Invocation {
  readonly name: string;
  /** When Lambda kills it, in true time. */
  readonly deadline: number;
  /** How far its clock is ahead of true time. */
  readonly skew: number;
  die(cause: string): void;
}

export interface NetworkParts {
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly conditions: Conditions;
  /** An adapter's flaw: see `canBefall`. */
  readonly repeatsRotate: boolean;
  /** Whether the fault of this name, drawn just now, really strikes. */
  readonly strikes: (name: string, kind: string, operation: Operation) => boolean;
  readonly tell: Tell | undefined;
  /** A call of this strand failed. */
  readonly failed: (strand: Strand) => void;
}

/** A claim that one of these could not give back expires by itself. */
export const GIVING_BACK: ReadonlySet<Operation> = new Set(['claim', 'commit', 'release', 'remove', 'destroy']);

/** Between the code under test and the pretended AWS: every port call goes through here, and meets its fate. */
export class Network {
  constructor(private readonly parts: NetworkParts) {}

  call<T>(
    strand: Strand, invocation: Invocation, operation: Operation, tunnel: Tunnel | undefined, effect: () => T,
  ): Promise<T> {
    const { scheduler, conditions: { weather }, failed, tell } = this.parts;
    if (strand.dead) return new Promise(() => undefined);
    const fate = this.fateOf(strand, operation, tunnel, invocation);
    if (fate.fault) tell?.(tunnel?.index, sentence(operation, fate), { strand, mark: 'fault' });
    // Of these it matters also that it did not happen: a claim that can't be given back expires by itself.
    if (fate.fault && (!fate.error?.withoutEffect || GIVING_BACK.has(operation))) strand.unsure = true;
    strand.pending += 1;
    return new Promise<T>((resolve, reject) => {
      let result: (() => T) | undefined;
      fate.effects.forEach((delay) => scheduler.after(delay, () => {
        if (strand.dead && (fate.dropsWithCaller || scheduler.now > strand.diedAt! + weather.inFlight)) return;
        result = attempt(effect);
      }));
      if (fate.answer !== undefined) {
        scheduler.after(fate.answer, () => {
          if (strand.dead) return;
          strand.pending -= 1;
          scheduler.resume(strand);
          if (fate.error) {
            failed(strand);
            reject(failureOf(operation, fate.error));
            return;
          }
          try {
            resolve(result!());
          } catch (error) {
            failed(strand);
            reject(error);
          }
        });
      }
      if (fate.crash !== undefined) scheduler.after(fate.crash, () => invocation.die('crashes'));
    });
  }

  private fateOf(strand: Strand, operation: Operation, tunnel: Tunnel | undefined, { deadline }: Invocation): Fate {
    const { scheduler, chance, conditions: { weather }, strikes, repeatsRotate } = this.parts;
    const call = strand instanceof RecoveryStrand ? operation : `${operation}.${tunnel?.index ?? 'all'}`;
    const ordinal = (strand.calls.get(call) ?? 0) + 1;
    strand.calls.set(call, ordinal);

    const dice = chance.of(strand.key, OPERATIONS.indexOf(operation), tunnel?.index ?? -1, ordinal);
    const fault = dice.happens(weather.callFaults) && weather.kinds.length > 0 ? dice.pick(weather.kinds) : undefined;
    const befalls = fault && canBefall(fault, operation, repeatsRotate) && strikes(`${strand.name}.${call}${ordinal > 1 ? ordinal : ''}`, fault, operation);
    return befalls ? foulFate(fault, operation, dice, weather, Math.max(0, deadline - scheduler.now)) : fairFate(dice, weather);
  }
}

function attempt<T>(effect: () => T): () => T {
  try {
    const value = effect();
    return () => value;
  } catch (error) {
    return () => { throw error; };
  }
}

function sentence(operation: Operation, { fault, effects, answer, crash }: Fate): string {
  const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`;
  const lands = effects.length === 0 ? 'it never lands' : `it lands after ${effects.map(seconds).join(' and again after ')}`;
  const answered = answer === undefined ? 'no answer' : `answered after ${seconds(answer)}`;
  const ends = crash === undefined ? answered : `the invocation dies after ${seconds(crash)}`;
  return `calls ${operation}, which is ${fault}: ${lands}; ${ends}`;
}
