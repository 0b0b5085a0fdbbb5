import { pay, refill, untilItHolds } from './budget';
import { DEFAULT_POLICY, inScope, type Policy } from './policy';
import type { Budget, Decision, Deposit, History, HoldReason, Observation, OpenTunnel, Side, Signal } from './vocabulary';

/** A fence is the next full second, in the service's own time, as a signal's `since` is. */
const ROUNDED_UP_BY = 1_000;
/** Whoever looks next may have a clock behind ours, and would find the budget empty still. */
const CLOCKS_APART = 2_000;

export interface Situation {
  readonly side: Side;
  readonly observation: Observation;
  /** The row, reconciled with the secret where somebody looked. */
  readonly history: History | undefined;
  /** What lies in the source's secret; absent if nobody looked. */
  readonly deposit?: Deposit;
  readonly signal: Signal;
  /** SHA-256 of the signal's proof. */
  readonly proofHash?: string;
  readonly now: number;
}

/** All the cleverness of the product: from what is known about one side to what to do. Pure, and total. */
export function decide(situation: Situation, policy: Policy = DEFAULT_POLICY): Decision {
  const { side, observation, history, signal, proofHash, now } = situation;
  const claim = history?.claim;
  // A claim outlives its owner by a margin, so a standing one is left alone, even by the end of its tunnel.
  if (claim) return claim.until >= now ? hold('claimed', again(side, signal, policy, claim.until - now + 1)) : hold('in-doubt', again(side, signal, policy, 0));

  // A secret exists only where a row exists, so a tunnel without a row (a forged id, say) costs nothing.
  if (observation.kind === 'closed') return history ? { kind: 'retire', reason: 'tunnel-closed' } : hold('tunnel-closed');
  if (observation.kind === 'unknown') return history ? gone(signal, now, policy) : hold('unknown-tunnel');

  if (signal.thingName !== undefined && signal.thingName !== observation.thingName) return hold('foreign-thing');
  // A request may send the destination's token elsewhere, but not to where we would not serve a tunnel.
  const elsewhere = side === 'destination' && signal.destinationConfig;
  if (!inScope(observation, policy.scope) || (elsewhere && !inScope({ ...observation, ...elsewhere }, policy.scope))) return hold('out-of-scope');
  if (!policy.sides.includes(side)) return hold('side-not-served');
  if (signal.destinationConfig && !signal.sides.includes('destination')) return hold('destination-config-refused');
  if (signal.destinationConfig && !(policy.redirection && signal.via === 'eventbridge')) return hold('redirection-refused');

  const proof = side === 'source' && proofHash !== undefined ? proofOf(proofHash, situation, observation, policy) : undefined;
  const reason = proof ? 'dropped' : reasonToRotate(situation, observation, policy);
  if (typeof reason === 'object') return reason;

  const refused = (history?.refusal?.until ?? 0) - now;
  if (refused > 0 && refused <= policy.backOff.longest) return hold('backing-off', again(side, signal, policy, refused));
  return payFor(reason, situation, observation, proof === 'live', policy);
}

/** One look is no death certificate: "unknown" must be seen twice, apart in time. */
function gone({ unknownSince }: Signal, now: number, { unknownPause }: Policy): Decision {
  const left = unknownSince === undefined ? unknownPause : unknownSince + unknownPause - now;
  return left > 0 ? hold('unknown-tunnel', left) : { kind: 'retire', reason: 'unknown-tunnel' };
}

/** Is this the proof of the live token, or may it be? */
function proofOf(hash: string, { history, deposit, now }: Situation, { source }: OpenTunnel, { settle }: Policy): 'live' | 'possible' | undefined {
  const { lastUpdatedAt } = source;
  if (hash === history?.proofHash) return 'live';
  if (deposit === undefined || deposit.current !== undefined) return undefined; // its source can read the newer one
  // The secret may have been looked at before that delivery, and the row after it.
  if (Math.abs(now - (history?.deliveredAt ?? -Infinity)) < 2 * settle) return undefined;
  const former = history?.formerProofs?.find((one) => one.hash === hash);
  return former && lastUpdatedAt !== undefined && lastUpdatedAt < former.since - ROUNDED_UP_BY ? 'possible' : undefined;
}

/** Without proof: is the drop as certain as observation can make it, or was a token asked for? If neither, why not (yet) to rotate. */
function reasonToRotate({ side, history, deposit, signal, now }: Situation, tunnel: OpenTunnel, policy: Policy): 'dropped' | 'requested' | Decision {
  const { status, lastUpdatedAt } = tunnel[side];
  if (status === 'CONNECTED') return holdAndRecheck('connected');
  if (side === 'destination' && !audible(signal, tunnel, policy)) return hold('inaudible');

  const settling = (history?.deliveredAt ?? -Infinity) + policy.settle - now;
  const dropped = spent(side, tunnel, history, policy) || missed(side, signal, history, policy);
  if (!dropped && !isAskedFor() && !isLost()) return holdAndRecheck('unused');
  // No longer than twice the settling time, or a clock far ahead has written it.
  if (settling > 0 && settling <= 2 * policy.settle) return hold('settling', again(side, signal, policy, settling));
  if (!dropped && !isLost()) return 'requested';

  // From the drop on, in the service's own time: a second drop gets as long as the first.
  const healing = policy.grace === 0 || lastUpdatedAt === undefined ? 0 : lastUpdatedAt + policy.grace - tunnel.at;
  const isImpatient = signal.kind === 'token-request' && signal.sides.includes(side);
  return healing > 0 && !isImpatient ? hold('grace', again(side, signal, policy, healing)) : 'dropped';

  /** A source's token that lies in the secret is an answer. A destination's is kept by nobody. */
  function isAskedFor(): boolean {
    if (signal.kind !== 'token-request' || !signal.sides.includes(side)) return false;
    return side === 'source' ? history?.versionId === undefined : signal.since > (history?.fence ?? -Infinity);
  }

  /** Somebody deleted the secret before its token was read; or after, if its drop fell into the second of the rotation. */
  function isLost(): boolean {
    return side === 'source' && deposit !== undefined && deposit.current === undefined && history?.versionId !== undefined;
  }

  /** The service may be slow to notice a drop; look again a few times, unless the token at hand is younger than the signal. */
  function holdAndRecheck(reason: HoldReason): Decision {
    const isAnswered = history?.fence !== undefined && signal.since < history.fence - ROUNDED_UP_BY;
    return hold(reason, signal.via === 'sweep' || isAnswered ? undefined : policy.recheckPauses[signal.attempt]);
  }
}

/** Was the token at hand used? Judged by service time alone. Asked only of a side that is disconnected. */
function spent(side: Side, tunnel: OpenTunnel, history: History | undefined, policy: Policy): boolean {
  const { lastUpdatedAt } = tunnel[side];
  if (lastUpdatedAt === undefined) return false;
  // A rotation that died after a delivery leaves no fence: no token is left that it could keep.
  if (history?.versionId !== undefined && history.fence === undefined) return true;
  return lastUpdatedAt > Math.max(history?.fence ?? -Infinity, tunnel.createdAt + policy.firstUseTolerance);
}

/** A device that came online after its token was published may not have heard it; one that still asks after a while has not. */
function missed(side: Side, { via, since }: Signal, history: History | undefined, { settle }: Policy): boolean {
  if (side !== 'destination' || history?.fence === undefined) return false;
  return (via === 'presence' && since > history.fence) || (via === 'mqtt' && since > history.fence + settle);
}

/** A destination's token is published once and kept by nobody: is there a device to hear it, and a topic to say it on? */
function audible(signal: Signal, { thingName }: OpenTunnel, policy: Policy): boolean {
  const addressee = signal.destinationConfig?.thingName ?? thingName;
  if (addressee === undefined && !policy.destinationTopic) return false;
  if (!signal.sides.includes('destination')) return false;
  return signal.kind === 'token-request' || signal.via === 'presence' || signal.via === 'mqtt';
}

/** A delivery is paid from the flap budget; one that was only asked for from a small one as well, and never with the last token of a drop. */
function payFor(reason: 'dropped' | 'requested', { side, history, signal, now }: Situation, tunnel: OpenTunnel, proven: boolean, policy: Policy): Decision {
  const budget = refill(history?.budget, now, policy.budget);
  const generation = (history?.generation ?? 0) + 1;
  if (reason === 'requested') {
    const requests = refill(history?.requests, now, policy.requests);
    if (requests.tokens < 1) return hold('asked-too-often', comesBack(side, signal, policy, untilItHolds(1, requests, policy.requests)));
    return withFunds(side, budget, Math.min(2, policy.budget.burst), signal, policy)
      ?? { kind: 'rotate', episode: { generation, proven, budget: pay(budget), requests: pay(requests) } };
  }
  const { status, lastUpdatedAt } = tunnel[side];
  const droppedAt = signal.kind === 'token-request' ? undefined : status === 'DISCONNECTED' ? lastUpdatedAt ?? signal.since : signal.since;
  return withFunds(side, budget, 1, signal, policy) ?? { kind: 'rotate', episode: { generation, droppedAt, proven, budget: pay(budget) } };
}

function withFunds(side: Side, budget: Budget, needed: number, signal: Signal, policy: Policy): Decision | undefined {
  return budget.tokens < needed ? hold('flapping', comesBack(side, signal, policy, untilItHolds(needed, budget, policy.budget))) : undefined;
}

/** Whoever flaps, or asks, sends many signals, and each would come back as often as it finds the bucket empty. Behind a source's is the sweep. */
function comesBack(side: Side, signal: Signal, policy: Policy, pause: number): number | undefined {
  return side === 'destination' || signal.attempt === 0 ? again(side, signal, policy, pause + CLOCKS_APART) : undefined;
}

/**
 * What ends by itself is looked at again: a source's a limited number of times, for behind it is the sweep; a device's always, for it may
 * have said its last word.
 */
function again(side: Side, { attempt }: Signal, { recheckPauses }: Policy, pause: number): number | undefined {
  return side === 'destination' || attempt < recheckPauses.length ? pause : undefined;
}

function hold(reason: HoldReason, recheckAfter?: number): Decision {
  return { kind: 'hold', reason, recheckAfter };
}
