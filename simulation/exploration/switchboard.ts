import { DependencyError } from '../../lambda/domain/errors';
import type { Operation } from '../faults';
import type { Invocation } from '../network';
import type { Strand } from '../scheduler';
import type { Tunnel } from '../tunneling';

/** A port call that was made and has not been answered. */
export interface Call {
  readonly strand: Strand;
  readonly operation: Operation;
  readonly effect: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** No strand needs more microtasks than this between two calls. */
const MOST_TICKS = 1_000;
const TICK = Promise.resolve();

/** Where every port call of the code under test waits until somebody chooses what becomes of it. */
export class Switchboard {
  readonly calls: Call[] = [];
  /** What each strand was told so far: with the code being the same, that is all its local state. */
  readonly told = new Map<Strand, string[]>();

  /** @param failed a call of this strand failed */
  constructor(private readonly failed: (strand: Strand) => void) {}

  call<T>(strand: Strand, _by: Invocation, operation: Operation, _tunnel: Tunnel | undefined, effect: () => T): Promise<T> {
    strand.pending += 1;
    return new Promise<T>((resolve, reject) => {
      this.calls.push({ strand, operation, effect, resolve: resolve as (value: unknown) => void, reject });
    });
  }

  /** It takes effect, and its caller hears of it. */
  async perform(call: Call): Promise<void> {
    try {
      const value = call.effect();
      await this.answer(call, () => call.resolve(value), JSON.stringify(value) ?? '');
    } catch (error) {
      await this.fail(call, error as DependencyError);
    }
  }

  /** Its caller gets this answer instead. */
  answerWith(call: Call, value: unknown): Promise<void> {
    return this.answer(call, () => call.resolve(value), JSON.stringify(value));
  }

  /** Its caller gets an error. */
  async fail(call: Call, error: DependencyError): Promise<void> {
    this.failed(call.strand);
    await this.answer(call, () => call.reject(error), `${error.code} ${error.withoutEffect}`);
  }

  /** Its caller will never hear of it. */
  drop(call: Call): void {
    this.calls.splice(this.calls.indexOf(call), 1);
  }

  dropAllOf(strand: Strand): void {
    for (const call of this.calls.filter((each) => each.strand === strand)) this.drop(call);
  }

  private async answer(call: Call, tell: () => void, words: string): Promise<void> {
    const { strand, operation } = call;
    this.drop(call);
    this.told.set(strand, [...(this.told.get(strand) ?? []), `${operation} ${words}`]);
    strand.pending -= 1;
    tell();
    await this.settle(strand);
  }

  /** Lets the code under test run until it waits again. */
  async settle(strand: Strand): Promise<void> {
    for (let tick = 0; tick < 4 || strand.running; tick++) {
      if (tick > MOST_TICKS) throw new Error('the code under test waits for something that is no port of the exploration');
      await TICK;
    }
  }
}

export const throttled = (operation: Operation) => new DependencyError(`Simulated.${operation}`, 'unavailable', 'ThrottlingException', true);
export const refused = (operation: Operation) => new DependencyError(`Simulated.${operation}`, 'access-denied', 'AccessDeniedException', true);
export const unanswered = (operation: Operation) => new DependencyError(`Simulated.${operation}`, 'unavailable', 'TimeoutError', false);
