import type { Question } from './question';
import { bandwidth } from './questions/bandwidth';
import { clientMode } from './questions/client-mode';
import { clientToken } from './questions/client-token';
import { cloudTrail } from './questions/cloudtrail';
import { closedTunnel } from './questions/closed-tunnel';
import { cleanDrop, resetDrop, silentDrop } from './questions/drops';
import { firstTimestamps } from './questions/first-timestamps';
import { notify } from './questions/notify';
import { closedRefusal, refusals } from './questions/refusals';
import { rotateKicks } from './questions/rotate-kicks';
import { rotateMoves } from './questions/rotate-moves';
import { rotateUnused } from './questions/rotate-unused';
import { staleReads } from './questions/stale-reads';
import { services } from './questions/services';
import { timestamps } from './questions/timestamps';

/**
 * In an order in which all of them can share one tunnel: what needs a tunnel that nobody used comes first, the one that takes
 * long late, and what closes it last.
 */
export const QUESTIONS: readonly Question[] = [
  firstTimestamps, rotateUnused, staleReads, cleanDrop, rotateMoves, rotateKicks, resetDrop, clientToken, refusals, notify, clientMode, services, bandwidth,
  silentDrop, timestamps, cloudTrail, closedRefusal, closedTunnel,
];
