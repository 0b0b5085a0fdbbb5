import type { HoldReason, Outcome, RetireReason } from './vocabulary';

/**
 * What the world is told. No token, and no version id either: whoever names the live version proves that its token is
 * spent, so that id is for those alone who may read the secret. A listener fetches the secret and sees it there.
 */
export type Announcement =
  | { readonly type: 'rotated'; readonly generation: number; readonly recoveryTime: number }
  | { readonly type: 'held'; readonly reason: HoldReason; readonly recheckAfter?: number }
  | { readonly type: 'retired'; readonly reason: RetireReason };

/** Only what somebody waits for is announced: of all holds, just the one that needs a person's patience. */
export function announcementOf(outcome: Outcome): Announcement | undefined {
  switch (outcome.kind) {
    case 'rotated': return { type: 'rotated', generation: outcome.generation, recoveryTime: outcome.recoveryTime };
    case 'retired': return { type: 'retired', reason: outcome.reason };
    case 'held': return outcome.reason === 'flapping' ? { type: 'held', reason: 'flapping', recheckAfter: outcome.recheckAfter } : undefined;
  }
}
