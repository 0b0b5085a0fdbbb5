import type { Work } from './context';
import { hasWaited, WAITED } from './rows-ahead';

/**
 * Many signals about one tunnel share their looks, and one that was sent before the last delivery is answered by it: when thousands of
 * clients wait and ask again, their repetitions must not use up the quota of those who still have no token. A proof is heard at any time, if it is one.
 */
export async function isAnswered({ signal, proofHash, ports: { rechecks, ledger, ahead, clock, witness } }: Work): Promise<boolean> {
  const now = clock.now();
  const covered = rechecks.cover(signal, now);
  const waited = hasWaited(signal, now);
  if (!covered && !waited) return false;
  const row = covered && proofHash === undefined ? undefined : (await (ahead ?? ledger).read(signal.tunnelId)).source;
  // An older proof counts only where a rotation died, which leaves no fence: elsewhere it is a repetition like any other.
  const mayCount = row?.fence === undefined && row?.formerProofs?.some(({ hash }) => hash === proofHash);
  if (row && (row.proofHash === proofHash || mayCount || row.claim)) return false;
  const deliveredAt = row?.deliveredAt ?? -Infinity;
  // The times are of three clocks, so a moment's difference tells nothing; a delivery yet to come was written by one far ahead.
  if (!covered && !(deliveredAt > signal.since + WAITED && deliveredAt <= now + WAITED)) return false;
  witness.joined(signal);
  return true;
}
