import type { SideName } from '../../tunnel-protocol/side-name';
import type { Connected, Lab } from './lab';
import type { State, Subject } from './subject';

/** When a change showed in DescribeTunnel: between two looks. Milliseconds since the change. */
export interface Shown {
  readonly notBefore: number;
  readonly notAfter: number;
  readonly state: State;
}

const SHORTEST_PAUSE = 250;
const LONGEST_PAUSE = 10_000;
const CONNECT_PATIENCE = 30_000;
const IDLE_PATIENCE = 20 * 60_000;
/** Timestamps may be whole seconds; else they blur by what a call travels. */
const COARSE = 1_000;
const TRAVEL = 100;

/**
 * Looks again and again, ever more slowly, until the side shows the status.
 * @returns undefined if it does not within `patience`
 */
export async function untilShown(lab: Lab, subject: Subject, side: SideName, status: string, since: number, patience: number): Promise<Shown | undefined> {
  let notBefore = 0;
  for (;;) {
    const elapsed = lab.clock.now() - since;
    const state = await subject.state(side);
    if (state.status === status) return { notBefore, notAfter: lab.clock.now() - since, state };
    if (elapsed > patience) return undefined;
    notBefore = elapsed;
    await lab.clock.wait(Math.min(LONGEST_PAUSE, Math.max(SHORTEST_PAUSE, elapsed / 20)));
  }
}

/** A side that is connected, and shows it to whoever asks. */
export interface Settled {
  readonly connection: Connected;
  readonly connectedAt: number;
  readonly state: State;
}

/** Waits until the source's last connection is forgotten by whoever asks. */
export async function untilIdle(lab: Lab, subject: Subject): Promise<State | undefined> {
  const shown = await untilShown(lab, subject, 'source', 'DISCONNECTED', lab.clock.now(), IDLE_PATIENCE);
  await lab.clock.wait(2 * subject.lag);
  return shown?.state;
}

/** @returns undefined if the connection, or the end of the one before, does not show */
export async function connectAndSettle(lab: Lab, subject: Subject): Promise<Settled | undefined> {
  if (!await untilIdle(lab, subject)) return undefined;
  const connection = await subject.connect('source');
  const connectedAt = lab.clock.now();
  const arrival = await untilShown(lab, subject, 'source', 'CONNECTED', connectedAt, CONNECT_PATIENCE);
  // An answer from before the connection would look like one from after it.
  await lab.clock.wait(2 * subject.lag);
  return arrival && { connection, connectedAt, state: arrival.state };
}

/** An earlier change that was shown: when, by the service's clock, and how long before the later one, by ours. */
export interface Start {
  readonly lastUpdatedAt: number | undefined;
  readonly before: number;
}

/**
 * How late a change showed: nothing if the very first look showed it. Between two looks, the service's own timestamps tell, if
 * there is an earlier change to count from, and if they agree with what was looked at.
 *
 * @param lag how old an answer may be that shows no change yet
 */
export function delayOf({ notBefore, notAfter, state }: Shown, start: Start, lag: number): number {
  if (notBefore === 0 && notAfter < SHORTEST_PAUSE) return 0;
  if (state.lastUpdatedAt === undefined || start.lastUpdatedAt === undefined) return Math.round(notAfter);
  const told = state.lastUpdatedAt - start.lastUpdatedAt - start.before;
  const blur = [state, start].every(({ lastUpdatedAt }) => lastUpdatedAt! % COARSE === 0) ? COARSE : TRAVEL;
  const earliest = Math.max(0, notBefore - lag);
  if (earliest === 0 && Math.abs(told) <= blur) return 0;
  const fits = earliest - blur <= told && told <= notAfter + blur;
  return Math.round(fits ? Math.min(notAfter, Math.max(earliest, told)) : notAfter);
}
