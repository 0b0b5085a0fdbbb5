import type { Budget, Decision, History, HoldReason, Observation, OpenTunnel, Signal } from './vocabulary';

/** The numbers that `decide` weighs. Milliseconds throughout. */
export interface Policy {
  /** A first token counts as spent only if its side changed later than this after the tunnel was created. */
  readonly firstUseTolerance: number;
  /** An unproven hint this soon after a delivery waits: the source may be connecting right now. */
  readonly settle: number;
  /** Pauses before an unanswered signal is looked at again; when they are used up, the sweep is behind us. */
  readonly recheckPauses: readonly number[];
  readonly budget: { readonly burst: number; readonly refill: number };
}

export const DEFAULT_POLICY: Policy = {
  firstUseTolerance: 5_000,
  settle: 10_000,
  recheckPauses: [2_000, 4_000, 8_000, 16_000, 32_000],
  budget: { burst: 10, refill: 8 * 60_000 },
};

export interface Situation {
  readonly observation: Observation;
  readonly history: History | undefined;
  readonly signal: Signal;
  readonly now: number;
}

/** All the cleverness of the product: from what is known to what to do. Pure, and total. */
export function decide({ observation, history, signal, now }: Situation, policy: Policy = DEFAULT_POLICY): Decision {
  const claim = history?.claim;
  // A claim outlives its owner by a margin, so a standing one is left alone, even by the end of its tunnel.
  if (claim && claim.until >= now) return { kind: 'hold', reason: 'claimed', recheckAfter: claim.until - now + 1 };

  if (observation.kind !== 'open') {
    const reason = observation.kind === 'closed' ? 'tunnel-closed' : 'unknown-tunnel';
    // A secret exists only where a row exists, so a tunnel without a row (a forged id, say) costs nothing.
    return history ? { kind: 'retire', reason } : { kind: 'hold', reason };
  }

  // An expired claim may have died after its delivery: then the source lives on the claim's version, not the row's.
  const liveVersion = claim ? claim.versionId : history?.versionId;
  const proven = signal.proof !== undefined && signal.proof === liveVersion;
  const { source } = observation;

  if (!proven) {
    if (source.status === 'CONNECTED') return holdAndRecheck('connected');
    if (!spent(observation, history, policy)) return holdAndRecheck('unused');
    const settled = (history?.deliveredAt ?? -Infinity) + policy.settle;
    if (now < settled) return { kind: 'hold', reason: 'settling', recheckAfter: settled - now };
  }

  const budget = refill(history?.budget, now, policy);
  if (budget.tokens < 1) {
    return { kind: 'hold', reason: 'flapping', recheckAfter: Math.ceil((1 - budget.tokens) * policy.budget.refill) };
  }
  return {
    kind: 'rotate',
    episode: {
      generation: (history?.generation ?? 0) + 1,
      droppedAt: source.status === 'DISCONNECTED' ? source.lastUpdatedAt ?? signal.since : signal.since,
      proven,
      budget: { tokens: budget.tokens - 1, at: now },
    },
  };

  /** The service may be slow to notice a drop; look again a few times, unless a token came since the signal did. */
  function holdAndRecheck(reason: HoldReason): Decision {
    const answered = (history?.deliveredAt ?? -Infinity) > signal.since;
    const recheckAfter = signal.via === 'sweep' || answered ? undefined : policy.recheckPauses[signal.attempt];
    return { kind: 'hold', reason, recheckAfter };
  }
}

/** Was the token at hand used? Judged by service time alone. Asked only of a side that is disconnected. */
function spent(observation: OpenTunnel, history: History | undefined, policy: Policy): boolean {
  const { lastUpdatedAt } = observation.source;
  if (lastUpdatedAt === undefined) return false;
  return lastUpdatedAt > (history?.fence ?? observation.createdAt + policy.firstUseTolerance);
}

function refill(budget: Budget | undefined, now: number, { budget: { burst, refill: period } }: Policy): Budget {
  if (!budget) return { tokens: burst, at: now };
  const earned = Math.max(0, now - budget.at) / period;
  return { tokens: Math.min(burst, budget.tokens + earned), at: now };
}
