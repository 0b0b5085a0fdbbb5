import type { EndingName } from './endings';
import type { ChildEnd, Observation, SourceSide } from './vocabulary';

/** What happened, judged by how the child ended and by what DescribeTunnel says since. */
export type Verdict =
  /** The tunnel is over, and so are we. */
  | { readonly kind: 'over'; readonly ending: EndingName }
  /** The token is spent: report it and wait for the next. */
  | { readonly kind: 'spent' }
  /** The token is spent, and perhaps somebody else asked for the next one: we were sent away, or refused while the side is connected. */
  | { readonly kind: 'contested' }
  /** The child failed before it used its token: the same one serves again. */
  | { readonly kind: 'failed' };

/**
 * The official local proxy exits 0 whether its token was spent, the tunnel was closed or all was well, so its exit code
 * decides nothing as long as anything else is known.
 *
 * @param before the source side as it was before the child started
 */
export function judge(end: ChildEnd, observation: Observation, before: SourceSide | undefined): Verdict {
  if (observation.kind !== 'open') return { kind: 'over', ending: overAs(observation.kind) };
  if (end.notStarted) return { kind: 'over', ending: 'command-not-started' };

  // The next token would only be spent in the same way.
  if (end.portTaken) return { kind: 'over', ending: 'port-taken' };

  const { source } = observation;
  // A network that breaks says nothing. A service that says goodbye, or that the token is void, has given the place to another token.
  if (end.goodbye || (end.connected && end.refused === 'otherwise')) return { kind: 'contested' };
  // It had the connection, so whatever the service shows is its ghost.
  if (end.connected) return { kind: 'spent' };
  if (end.refused === 'busy') return { kind: 'failed' };
  const turnedAway = end.refused !== undefined || end.code === 0;
  if (turnedAway) return { kind: source.status === 'CONNECTED' ? 'contested' : 'spent' };
  // Not a word from it: did the service see it come and go?
  return cameAndWent(before, source) ? { kind: 'spent' } : { kind: 'failed' };
}

/** It was connected with this token and lost it to the network: nothing that the tunnel shows can change that. */
export function isSpentForCertain(end: ChildEnd, stable: number): boolean {
  return end.connected && !end.goodbye && end.refused !== 'otherwise' && !end.portTaken && wasFruitful(end, stable);
}

/**
 * Was the start worth its token? A cut, a goodbye or a lasting connection says yes. A child that never connects, or connects and
 * then trips over something of its own (its port is taken, say), would burn token after token.
 */
export function wasFruitful(end: ChildEnd, stable: number): boolean {
  return end.connected && (end.cut === true || end.refused !== undefined || end.goodbye || end.lived >= stable);
}

function overAs(kind: 'closed' | 'expired' | 'unknown'): EndingName {
  return kind === 'unknown' ? 'unknown-tunnel' : kind;
}

function cameAndWent(before: SourceSide | undefined, now: SourceSide): boolean {
  return before !== undefined && (now.lastUpdatedAt ?? 0) > (before.lastUpdatedAt ?? 0);
}
