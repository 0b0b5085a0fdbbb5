import { DEFAULT_POLICY, inScope, type Policy } from './policy';
import type { Budget, Decision, History, HoldReason, Observation, OpenTunnel, Side, Signal } from './vocabulary';

export interface Situation {
  readonly side: Side;
  readonly observation: Observation;
  readonly history: History | undefined;
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
  if (claim && claim.until >= now) return hold('claimed', again(signal, policy, claim.until - now + 1));

  if (observation.kind !== 'open') {
    const reason = observation.kind === 'closed' ? 'tunnel-closed' : 'unknown-tunnel';
    // A secret exists only where a row exists, so a tunnel without a row (a forged id, say) costs nothing.
    return history ? { kind: 'retire', reason } : hold(reason);
  }

  if (signal.thingName !== undefined && signal.thingName !== observation.thingName) return hold('foreign-thing');
  // A request may send the destination's token elsewhere, but not to where we would not serve a tunnel.
  const elsewhere = side === 'destination' && signal.destinationConfig;
  if (!inScope(observation, policy.scope) || (elsewhere && !inScope({ ...observation, ...elsewhere }, policy.scope))) return hold('out-of-scope');
  if (!policy.sides.includes(side)) return hold('side-not-served');
  if (signal.destinationConfig && !signal.sides.includes('destination')) return hold('destination-config-refused');
  if (signal.destinationConfig && !(policy.redirection && signal.via === 'eventbridge')) return hold('redirection-refused');

  // An expired claim may have died after its delivery: then the source lives on the claim's version, not the row's.
  const liveProof = claim ? claim.proofHash : history?.proofHash;
  const proven = side === 'source' && proofHash !== undefined && proofHash === liveProof;

  if (!proven) {
    const doubt = reasonToDoubt(situation, observation, policy);
    if (doubt) return doubt;
  }

  const budget = refill(history?.budget, now, policy);
  if (budget.tokens < 1) {
    // Once: whoever flaps sends many signals, and each would come back as often as it finds the bucket empty.
    const earned = Math.ceil((1 - budget.tokens) * policy.budget.refill);
    return hold('flapping', signal.attempt === 0 ? earned : undefined);
  }
  const { status, lastUpdatedAt } = observation[side];
  return {
    kind: 'rotate',
    episode: {
      generation: (history?.generation ?? 0) + 1,
      droppedAt: status === 'DISCONNECTED' ? lastUpdatedAt ?? signal.since : signal.since,
      proven,
      budget: { tokens: budget.tokens - 1, at: now },
    },
  };
}

/** Without proof: why not (yet) to rotate. Undefined if the drop is as certain as observation can make it. */
function reasonToDoubt({ side, history, signal, proofHash, now }: Situation, tunnel: OpenTunnel, policy: Policy): Decision | undefined {
  const deliveredAt = history?.deliveredAt ?? -Infinity;
  const answered = deliveredAt > signal.since;
  const requested = signal.kind === 'token-request' && signal.sides.includes(side) && !answered;

  if (tunnel[side].status === 'CONNECTED') return holdAndRecheck('connected');
  if (side === 'destination' && !audible(signal, tunnel, policy)) return hold('inaudible');
  const used = spent(side, tunnel, history, policy) || outlived(side, proofHash, history) || missed(side, signal, deliveredAt);
  if (!requested && !used) return holdAndRecheck('unused');
  if (now < deliveredAt + policy.settle) return hold('settling', again(signal, policy, deliveredAt + policy.settle - now));
  if (!requested && policy.grace > 0 && now < signal.since + policy.grace) return hold('grace', again(signal, policy, signal.since + policy.grace - now));
  return undefined;

  /** The service may be slow to notice a drop; look again a few times, unless a token came since the signal did. */
  function holdAndRecheck(reason: HoldReason): Decision {
    return hold(reason, signal.via === 'sweep' || answered ? undefined : policy.recheckPauses[signal.attempt]);
  }
}

/** Was the token at hand used? Judged by service time alone. Asked only of a side that is disconnected. */
function spent(side: Side, tunnel: OpenTunnel, history: History | undefined, policy: Policy): boolean {
  const { lastUpdatedAt } = tunnel[side];
  if (lastUpdatedAt === undefined) return false;
  return lastUpdatedAt > (history?.fence ?? tunnel.createdAt + policy.firstUseTolerance);
}

/**
 * While an expired claim stands, the row's version proves nothing about a connection; but of a side that is disconnected it says
 * that its token was used, even if all of that happened within one tick of the service's clock.
 */
function outlived(side: Side, proofHash: string | undefined, history: History | undefined): boolean {
  return side === 'source' && history?.claim !== undefined && proofHash !== undefined && proofHash === history.proofHash;
}

/** A device that came online after its token was published may not have heard it. */
function missed(side: Side, signal: Signal, deliveredAt: number): boolean {
  return side === 'destination' && signal.via === 'presence' && deliveredAt > -Infinity && signal.since > deliveredAt;
}

/** A destination's token is published once and kept by nobody: is there a device to hear it, and a topic to say it on? */
function audible(signal: Signal, { thingName }: OpenTunnel, policy: Policy): boolean {
  const addressee = signal.destinationConfig?.thingName ?? thingName;
  if (addressee === undefined && !policy.destinationTopic) return false;
  if (!signal.sides.includes('destination')) return false;
  return signal.kind === 'token-request' || signal.via === 'presence' || signal.via === 'mqtt';
}

function refill(budget: Budget | undefined, now: number, { budget: { burst, refill: period } }: Policy): Budget {
  if (!budget) return { tokens: burst, at: now };
  const earned = Math.max(0, now - budget.at) / period;
  return { tokens: Math.min(burst, budget.tokens + earned), at: now };
}

/** A signal is looked at again a limited number of times; behind it is the sweep. */
function again({ attempt }: Signal, { recheckPauses }: Policy, pause: number): number | undefined {
  return attempt < recheckPauses.length ? pause : undefined;
}

function hold(reason: HoldReason, recheckAfter?: number): Decision {
  return { kind: 'hold', reason, recheckAfter };
}
