import { isIP } from 'node:net';
import type { Surroundings } from './surroundings';

/** A connection, as far as its life is concerned. */
export interface Pulse {
  /** Counts whatever came. */
  readonly heard: number;
  /** Nobody reads just now, so nothing can come. */
  readonly held: boolean;
  /** Our end's address. */
  readonly localAddress: string | undefined;
  /** Asks for a sign of life. */
  ping(): void;
}

/** An answer that should come at once may take so long, where there is reason to doubt. Milliseconds. */
const DOUBT = 2_000;
const LOOK = 1_000;

/**
 * Resolves with `true` when the connection must be dead: nothing was heard for so long although we asked, or the address that it
 * lives on is gone. Resolves with `false` when it is over for another reason.
 *
 * @param within milliseconds from the death of a connection to its discovery
 */
export async function died(pulse: Pulse, within: number, surroundings: Surroundings, over: AbortSignal): Promise<boolean> {
  // A death right after a look is a look old when silence begins to count, and silence is counted at looks.
  const patience = Math.max(LOOK, within - 2 * LOOK);
  let { heard } = pulse;
  let quietSince = surroundings.now();
  let askedAt = quietSince;
  let deadline = Infinity;
  for (;;) {
    const changed = await surroundings.sleep(LOOK, over);
    if (over.aborted) return false;
    const now = surroundings.now();
    if (changed && isGone(pulse.localAddress, surroundings)) return true;
    if (pulse.heard !== heard || pulse.held) {
      ({ heard } = pulse);
      quietSince = now;
      deadline = Infinity;
    }
    if (changed) {
      quietSince = now; // nobody can have heard anything while the machine slept
      deadline = now + DOUBT;
    }
    if (now >= Math.min(deadline, quietSince + patience)) return true;
    if (changed || now - askedAt >= patience / 3) {
      pulse.ping();
      askedAt = now;
    }
  }
}

function isGone(address: string | undefined, surroundings: Surroundings): boolean {
  if (!address || /^(127\.|::1$|::ffff:127\.)/.test(address) || isIP(address) === 0) return false;
  return !surroundings.has(address.replace(/^::ffff:/, ''));
}
