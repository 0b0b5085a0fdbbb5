import { DependencyError, type FailureKind } from '../lambda/domain/errors';
import type { Chance } from './chance';

/** The port calls, and the order in which they stand in summaries. */
export const OPERATIONS = [
  'observe', 'read', 'claim', 'rotate', 'deliver', 'commit', 'release', 'destroy', 'remove', 'send', 'announce', 'list', 'scan', 'bookmark',
  'inspect', 'carry',
] as const;
export type Operation = typeof OPERATIONS[number];

/** What can befall a port call. */
export const FAULT_KINDS = [
  'throttled', // without effect; after several attempts the caller can't be sure of that
  'forbidden', // without effect, and nothing that another try would change
  'failed', // a 5xx without effect
  'failed after effect', // a 5xx, or the answer was lost
  'timed out', // given up by the caller; it may land late, or never
  'crashed before', // the invocation dies before the request is sent
  'crashed in flight', // the invocation dies while the request is under way; it may land
  'hung', // until Lambda kills the invocation at its deadline; the request may land
  'repeated', // the answer was lost and the SDK sends it again
  'repeated late', // the SDK sent it again because the first one was stuck, and the first one lands afterwards
] as const;
export type FaultKind = typeof FAULT_KINDS[number];

/** How bad this world is. */
export interface Weather {
  /** Probability that something happens to a port call. */
  readonly callFaults: number;
  /** Probability that something happens to a message. */
  readonly messageFaults: number;
  /** The kinds that befall port calls here. */
  readonly kinds: readonly FaultKind[];
  /** Share of port calls that take seconds rather than milliseconds. */
  readonly slowCalls: number;
  /** No instance's clock is further off than this. */
  readonly skew: number;
  /** A request that its caller gave up, or died over, lands within this or never. */
  readonly inFlight: number;
}

/** What becomes of one port call; times count from the call. */
export interface Fate {
  readonly fault?: FaultKind;
  /** When the request takes effect; once as a rule. */
  readonly effects: readonly number[];
  /** When its caller gets an answer; never, if absent. */
  readonly answer?: number;
  /** The answer is this failure. */
  readonly error?: { readonly code: string; readonly kind: FailureKind; readonly withoutEffect: boolean };
  /** When its caller's invocation dies. */
  readonly crash?: number;
  /** If the caller dies first, the request never leaves. */
  readonly dropsWithCaller: boolean;
}

/** The SDK gives a request up after this (`CLIENT_SETTINGS` in lambda/adapters/aws-call.ts) and tries three times. */
export const REQUEST_TIMEOUT = 3_000;
export const ATTEMPTS = 3;

const READS: ReadonlySet<Operation> = new Set(['observe', 'read', 'list', 'scan', 'inspect']);

/**
 * A read that lands late changes nothing. Rotate is not idempotent, so the SDK must not repeat it (`OnlyWhenThrottled` in
 * lambda/adapters/aws-call.ts). Without that promise no claim could keep a healthy connection safe: the first request may land after
 * the second one's token was used.
 */
export function canBefall(fault: FaultKind, operation: Operation, repeatsRotate: boolean): boolean {
  if (operation === 'rotate' && !repeatsRotate) return fault !== 'repeated' && fault !== 'repeated late';
  return !(fault === 'repeated late' && READS.has(operation));
}

/** Draws what becomes of a call that nothing befalls. */
export function fairFate(chance: Chance, { slowCalls }: Weather): Fate {
  const longest = chance.happens(slowCalls) ? REQUEST_TIMEOUT - 50 : 80;
  const effect = chance.between(1, longest);
  return { effects: [effect], answer: effect + chance.between(1, longest - effect + 1), dropsWithCaller: chance.happens(0.3) };
}

/** Draws what becomes of a call that something befalls. */
export function foulFate(fault: FaultKind, operation: Operation, chance: Chance, weather: Weather, timeLeft: number): Fate {
  const fair = fairFate(chance, weather);
  const [effect] = fair.effects;
  const givenUp = REQUEST_TIMEOUT * (operation === 'rotate' ? 1 : chance.between(1, ATTEMPTS + 0.2));
  const late = chance.between(0, weather.inFlight);
  const lands = chance.happens(0.7);
  switch (fault) {
    case 'throttled': return { ...fair, fault, effects: [], error: unavailable('ThrottlingException', chance.happens(0.5)) };
    case 'forbidden': return { ...fair, fault, effects: [], error: { code: 'AccessDeniedException', kind: 'access-denied', withoutEffect: true } };
    case 'failed': return { ...fair, fault, effects: [], error: unavailable('InternalServerException', false) };
    case 'failed after effect': return { ...fair, fault, error: unavailable('InternalServerException', false) };
    case 'timed out': return {
      ...fair, fault, effects: lands ? [chance.between(givenUp - REQUEST_TIMEOUT, givenUp + weather.inFlight)] : [], answer: givenUp,
      error: unavailable('TimeoutError', false),
    };
    case 'crashed before': return { ...fair, fault, effects: [], answer: undefined, crash: 0 };
    case 'crashed in flight': return {
      ...fair, fault, effects: lands ? [chance.happens(0.5) ? effect : late] : [], answer: undefined, crash: chance.between(0, 2 * effect),
      dropsWithCaller: false,
    };
    case 'hung': return {
      ...fair, fault, effects: lands ? [chance.happens(0.5) ? effect : timeLeft + late] : [], answer: undefined, dropsWithCaller: false,
    };
    case 'repeated': {
      const again = effect + chance.between(10, REQUEST_TIMEOUT);
      return { ...fair, fault, effects: [effect, again], answer: again + chance.between(1, 50) };
    }
    case 'repeated late': return { ...fair, fault, effects: [effect, (fair.answer ?? effect) + late], dropsWithCaller: false };
  }
}

export const failureOf = (operation: Operation, { code, kind, withoutEffect }: NonNullable<Fate['error']>) =>
  new DependencyError(`Simulated.${operation}`, kind, code, withoutEffect);

const unavailable = (code: string, withoutEffect: boolean) => ({ code, kind: 'unavailable', withoutEffect }) as const;
