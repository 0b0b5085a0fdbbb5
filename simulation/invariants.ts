import { DEFAULT_POLICY } from '../lambda/domain/policy';
import type { History, Side } from '../lambda/domain/vocabulary';
import { TOKEN_MARK, type Tunnel } from './tunneling';
import type { Secret } from './vault';

/** What must hold, whatever happens. */
export const INVARIANTS = {
  1: 'Once faults stop, every open tunnel with a waiting source gets a live token within a bounded time.',
  2: 'No rotation hits a side that is connected, unless its own client proved the token spent.',
  3: 'Each drop takes at most one delivered rotation, and no more than crashes, failures and late ends of old connections explain.',
  4: 'Once things are quiet, no secret holds a revoked token.',
  5: 'The limits of Secrets Manager and the planned call rate are never exceeded.',
  6: 'Nothing is left behind after tunnels end, and the queue does not swell.',
  7: 'No token is seen anywhere but in the vault.',
  8: 'The code fails with its own named errors only.',
  9: 'Each drop has its token within the time that its way in allows, from the last fault that hit it.',
  10: 'No claim is left behind by work whose calls were all answered.',
  11: 'Nobody is held for flapping while rotations have left some of the budget.',
  12: 'A client that may heal itself is left the whole of its grace, unless somebody says that there is no hope.',
  13: 'Noise about one tunnel costs hardly more than a call a hint, nor more than a look where calls fail.',
  14: 'Nothing that is not ours is rotated: no side that is not served, no tunnel out of scope.',
} as const;
export type Invariant = keyof typeof INVARIANTS;

export interface Violation {
  readonly invariant: Invariant;
  /** Number of the tunnel; absent if it concerns none in particular. */
  readonly tunnel?: number;
  /** Virtual time since the world began, in milliseconds. */
  readonly at: number;
  readonly words: string;
}

/**
 * A token used up so soon that it looks never used is known, and accepted. Of the first token, soon is within the tolerance after the
 * opening: that takes a `token-request`. Of a later one it is within the second of our last rotation: that takes a proof, or of a device
 * that it asks again.
 */
export function acceptedAsUnused(tunnel: Tunnel, side: Side, history: History | undefined): boolean {
  const { createdAt, [side]: { shown, live, everConnected } } = tunnel;
  const changed = shown.lastUpdatedAt ?? 0;
  if (history?.versionId !== undefined && history.fence === undefined) return false;
  // One that was never delivered is of a Rotate that died: whoever waits has used the one before.
  const isUsed = live.spent || (everConnected && live.version === undefined);
  return isUsed && changed <= Math.max(history?.fence ?? 0, createdAt + DEFAULT_POLICY.firstUseTolerance);
}

/** Does the secret hold a token that Rotate has revoked since? */
export function holdsRevoked({ source: { live } }: Tunnel, secret: Secret | undefined): boolean {
  return secret !== undefined && secret.versions.get(secret.current) !== live.text;
}

/** Does the secret hold a token that its source can still connect with? */
export function holdsLive({ source: { live } }: Tunnel, secret: Secret | undefined): boolean {
  return secret !== undefined && !live.spent && secret.versions.get(secret.current) === live.text;
}

/** More messages than this for each tunnel, with no fault to blame, and the queue swells. */
export const MOST_MESSAGES = 60;
/** Noise may bring so many more: what comes while both of two rotators are held up for some seconds. */
export const MOST_NOISE = 200;

export const leaks = (text: string) => text.includes(TOKEN_MARK);
