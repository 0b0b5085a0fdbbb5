import type { Policy } from '../lambda/domain/policy';
import type { Chance } from './chance';
import { FAULT_KINDS, type Weather } from './faults';

/** What the construct sets; a test compares these with the synthesized template. Milliseconds. */
export const DEPLOYMENT = {
  rotatorTimeout: 20_000,
  batchSize: 5,
  /** The default; where users raised their quota it is higher. */
  maxConcurrency: 10,
  visibilityTimeout: 30_000,
  maxReceiveCount: 5,
  sweeperTimeout: 55_000,
  sweepInterval: 60_000,
  sweepCallsPerSecond: 10,
} as const;

/** Of the sweeper's timeout, as `lambda/sweeper.ts` keeps free for the calls under way. */
export const TIME_TO_FINISH = 10_000;

/** What nobody could find out about AWS. The code has to be right in every one of these worlds. */
export interface Unknowns {
  /** Rotate moves the connection state's `lastUpdatedAt`. */
  readonly rotateMovesTimestamp: boolean;
  /** Rotate ends a connection that was made with the old token. If not, the old connection stays. */
  readonly rotateKicks: boolean;
  /** How long a kicked side goes on showing CONNECTED. */
  readonly kickShowsAfter: number;
  /** How long a side whose connection was cut without a FIN goes on showing CONNECTED. */
  readonly silentDropShowsAfter: number;
  /** The same for a connection that was closed in order. */
  readonly cleanDropShowsAfter: number;
  /** `lastUpdatedAt` of a side that never connected: missing, or so long after the tunnel's creation. */
  readonly firstTimestampAfter: number | undefined;
  readonly rotateWorksBeforeFirstConnect: boolean;
  /** What `lastUpdatedAt` and `createdAt` are rounded down to, in milliseconds. */
  readonly timestampResolution: number;
  /** Share of DescribeTunnel's answers that are stale: they tell what was true up to `STALE_BY` before. */
  readonly staleReads: number;
}

/** No answer is staler than that. */
export const STALE_BY = 1_000;

/** How the tunnels of this world fare. */
export interface Life {
  readonly tunnels: number;
  /** When faults and drops stop. */
  readonly storm: number;
  /** Mean lifetime of a connection. */
  readonly connectionLasts: number;
  /** Sources notice, connect and drop again so fast that the recovery before is still under way. */
  readonly hasty: boolean;
  /** Somebody tells for so long, twenty times a second, that the first tunnel dropped. */
  readonly noise?: { readonly from: number; readonly lasts: number };
  /** Somebody asks for tokens, rightly and wrongly, and now and then deletes a secret. */
  readonly wishes: boolean;
}

/**
 * A request that its caller gave up lands within this, if at all: the SDK's timeout, and as much again as a proxy might hold it. Stated here, and not
 * taken from the claim's margin: the margin has to be long enough for it, and for the difference of two clocks.
 */
export const LONGEST_UNDER_WAY = 4_900;

const CONCURRENCIES = [2, 5, DEPLOYMENT.maxConcurrency];

export interface Conditions {
  readonly unknowns: Unknowns;
  readonly weather: Weather;
  readonly life: Life;
  /** How many rotators run at once. */
  readonly concurrency: number;
  /** What this deployment set differently from the defaults. */
  readonly policy: Partial<Policy>;
}

const MINUTE = 60_000;
/** What was drawn first keeps its place in the world's randomness. */
const LATER = 1;

/** @param measured unknowns that are known: all else is drawn as it would be without them */
export function drawConditions(chance: Chance, measured: Partial<Unknowns> = {}): Conditions {
  const skew = chance.pick([0, 100, 500]);
  const calm = chance.happens(0.1);
  // Now and then a tunnel flaps for twelve hours: long enough to run into the limits of Secrets Manager.
  const flapping = chance.happens(0.01);
  const later = chance.of(LATER);
  const unknowns = {
    rotateMovesTimestamp: chance.happens(0.5),
    rotateKicks: chance.happens(0.5),
    kickShowsAfter: chance.pick([0, 0, 500, 3_000]),
    silentDropShowsAfter: chance.pick([1_000, 20_000, 2 * MINUTE, 10 * MINUTE]),
    cleanDropShowsAfter: chance.pick([0, 0, 300, 2_000]),
    firstTimestampAfter: chance.pick([undefined, 0, 800, 4_000]),
    rotateWorksBeforeFirstConnect: chance.happens(0.5),
    timestampResolution: chance.pick([1, 1, 1_000]),
    staleReads: later.happens(0.2) ? 0.3 : 0,
    ...measured,
  };
  const weather: Weather = {
    callFaults: calm ? 0 : chance.pick([0.01, 0.05, 0.15, 0.15]),
    messageFaults: calm ? 0 : chance.pick([0.02, 0.1, 0.4]),
    kinds: chance.happens(0.5) ? Array.from({ length: 3 }, () => chance.pick(FAULT_KINDS)) : FAULT_KINDS.filter(() => chance.happens(0.6)),
    slowCalls: calm ? 0.01 : chance.pick([0.01, 0.05, 0.4]),
    skew,
    inFlight: LONGEST_UNDER_WAY - 2 * skew,
  };
  return {
    unknowns,
    weather,
    life: flapping
      ? { tunnels: 1, storm: 715 * MINUTE, connectionLasts: chance.pick([500, 60_000]), hasty: false, wishes: false }
      : { ...drawLife(chance), ...drawPeople(later, weather.slowCalls < 0.4) },
    concurrency: chance.pick(CONCURRENCIES),
    policy: flapping ? {} : drawPolicy(later),
  };
}

/** Where four calls in ten take seconds, twenty hints a second are more than so few rotators can take out of the queue. */
function drawPeople(chance: Chance, isFast: boolean): Pick<Life, 'noise' | 'wishes'> {
  return { noise: isFast && chance.happens(0.07) ? { from: chance.between(1, 5) * MINUTE, lasts: 2 * MINUTE } : undefined, wishes: chance.happens(0.25) };
}

/** Things in scope are devices; others are gates. */
function drawPolicy(chance: Chance): Partial<Policy> {
  return {
    sides: chance.pick([['source'], ['source'], ['source'], ['source', 'destination'], ['source', 'destination'], ['destination']]),
    grace: chance.pick([0, 0, 0, 20_000, MINUTE]),
    destinationTopic: chance.happens(0.5),
    ...(chance.happens(0.2) && { scope: { things: ['device-*'] } }),
  };
}

function drawLife(chance: Chance): Omit<Life, 'noise' | 'wishes'> {
  const tunnels = 1 + chance.below(6);
  if (chance.happens(0.15)) return { tunnels, storm: 8 * MINUTE, connectionLasts: chance.pick([300, 2_000]), hasty: true };
  return {
    tunnels, storm: chance.between(10, 45) * MINUTE, connectionLasts: chance.pick([5_000, 30_000, 2 * MINUTE, 5 * MINUTE]), hasty: false,
  };
}
