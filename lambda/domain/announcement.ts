import type { HoldReason, Outcome, RetireReason, Side, Signal } from './vocabulary';

/** What the world is told. No token and no proof: those are for whoever may read the secret. */
export type Announcement = { readonly side: Side } & (
  | { readonly type: 'rotated'; readonly generation: number; readonly recoveryTime?: number }
  | { readonly type: 'held'; readonly reason: HoldReason; readonly recheckAfter?: number }
  | { readonly type: 'retired'; readonly reason: RetireReason }
);

/** Only what somebody waits for is announced: of all holds, an empty budget and the answer to a token request, each once. */
export function announcementOf(signal: Signal, outcome: Outcome): Announcement | undefined {
  const { side } = outcome;
  switch (outcome.kind) {
    case 'rotated': return { type: 'rotated', side, generation: outcome.generation, recoveryTime: outcome.recoveryTime };
    case 'retired': return { type: 'retired', side, reason: outcome.reason };
    case 'held': {
      const awaited = signal.attempt === 0 && (outcome.reason === 'flapping' || outcome.reason === 'backing-off' || signal.kind === 'token-request');
      return awaited ? { type: 'held', side, reason: outcome.reason, recheckAfter: outcome.recheckAfter } : undefined;
    }
  }
}
