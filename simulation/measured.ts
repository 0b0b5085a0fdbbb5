import type { Behaviour } from '../local-cloud/tunneling/behaviour';
import type { Unknowns } from './conditions';

/** After the creation, in the local cloud's position `later`; milliseconds. */
const LATER = 1_500;

/** What a profile says of the unknowns that a world has; the others are drawn anew for each world. */
export function measuredUnknowns(measured: Partial<Behaviour>): Partial<Unknowns> {
  const { neverConnectedLastUpdatedAt: first, rotateBeforeFirstConnect: early } = measured;
  const known: Partial<Unknowns> = {
    rotateMovesTimestamp: measured.rotateMovesLastUpdatedAt,
    rotateKicks: measured.rotateKicksConnected,
    kickShowsAfter: measured.kickShowsDisconnectedAfterMs,
    silentDropShowsAfter: measured.silentDropDelayMs,
    cleanDropShowsAfter: measured.cleanDropDelayMs,
    // Only sources are simulated.
    rotateWorksBeforeFirstConnect: early && (early === 'works' || early === 'destination-refused'),
    timestampResolution: measured.timestampResolutionMs,
  };
  return {
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
    ...(first && { firstTimestampAfter: { missing: undefined, createdAt: 0, later: LATER }[first] }),
  };
}
