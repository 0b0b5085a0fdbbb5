import { DependencyError } from '../../lambda/domain/errors';
import type { Operation } from '../faults';
import type { Invocation } from '../network';
import type { Strand } from '../scheduler';
import type { Tunnel } from '../tunneling';

/** A port call that was made and has not been answered. */
export interface Call {
  readonly strand: Strand;
  /** How many calls its strand made before. */
  readonly ordinal: number;
  readonly operation: Operation;
  readonly issuedAt: number;
  readonly effect: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What became of a call, for its strand to remember. */
interface Told {
  readonly issuedAt: number;
  readonly operation: Operation;
  readonly came: unknown;
}

/** What follows on an answer is done after so many microtasks, even while other answers are waited for. */
const TICKS = 24;
/** No strand needs more microtasks than this between two calls. */
const MOST_TICKS = 1_000;
const TICK = Promise.resolve();

/** Where every port call of the code under test waits until somebody chooses what becomes of it. */
export class Switchboard {
  readonly calls: Call[] = [];
  private readonly told = new Map<Strand, Told[]>();
  private readonly issued = new Map<Strand, number>();

  /** @param failed a call of this strand failed */
  constructor(private readonly clock: { readonly now: number }, private readonly failed: (strand: Strand) => void) {}

  call<T>(strand: Strand, _by: Invocation, operation: Operation, _tunnel: Tunnel | undefined, effect: () => T): Promise<T> {
    const ordinal = this.issued.get(strand) ?? 0;
    this.issued.set(strand, ordinal + 1);
    strand.pending += 1;
    return new Promise<T>((resolve, reject) => {
      this.calls.push({ strand, ordinal, operation, issuedAt: this.clock.now, effect, resolve: resolve as (value: unknown) => void, reject });
    });
  }

  /**
   * What each call of this strand came to, and which it waits for: with the code being the same, that is all its local state. Calls that were
   * made together stand in the order in which they were made: they are waited for together, so the order of their answers is nothing to it.
   */
  memoryOf(strand: Strand): unknown {
    const waitsFor = this.calls.filter((call) => call.strand === strand).sort((a, b) => a.ordinal - b.ordinal);
    return [this.told.get(strand) ?? [], waitsFor.map(({ ordinal, operation, issuedAt }) => [ordinal, operation, issuedAt])];
  }

  /** It takes effect, and its caller hears of it. */
  async perform(call: Call): Promise<void> {
    try {
      const value = call.effect();
      await this.answer(call, () => call.resolve(value), value);
    } catch (error) {
      await this.fail(call, error as DependencyError);
    }
  }

  /** Its caller gets this answer instead. */
  answerWith(call: Call, value: unknown): Promise<void> {
    return this.answer(call, () => call.resolve(value), value);
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

  private async answer(call: Call, tell: () => void, came: unknown): Promise<void> {
    const { strand, operation, ordinal, issuedAt } = call;
    this.drop(call);
    const told = this.told.get(strand) ?? [];
    this.told.set(strand, told);
    told[ordinal] = { issuedAt, operation, came };
    strand.pending -= 1;
    tell();
    await this.settle(strand);
  }

  /** Lets the code under test run until it waits again. */
  async settle(strand: Strand): Promise<void> {
    for (let tick = 0; tick < TICKS || strand.running; tick++) {
      if (tick > MOST_TICKS) throw new Error('the code under test waits for something that is no port of the exploration');
      await TICK;
    }
  }
}

export const throttled = (operation: Operation) => new DependencyError(`Simulated.${operation}`, 'unavailable', 'ThrottlingException', true);
export const refused = (operation: Operation) => new DependencyError(`Simulated.${operation}`, 'access-denied', 'AccessDeniedException', true);
export const unanswered = (operation: Operation) => new DependencyError(`Simulated.${operation}`, 'unavailable', 'TimeoutError', false);
