/**
 * The words of the product, as types. Times are epoch milliseconds; those that AWS reported are service time,
 * the others are this process's clock, and the two are never compared with one another.
 */

/** One end of a tunnel, as AWS names it (client mode). */
export type Side = 'source';

/** How a signal first came in. */
export type Via = 'mqtt' | 'eventbridge' | 'sweep';

/** A hint that a tunnel may have dropped. It says where to look, never what to do. */
export interface Signal {
  readonly tunnelId: string;
  readonly side: Side;
  readonly via: Via;
  /** Secret version id of the token that the sender used; proves, if it is the live one, that the token is spent. */
  readonly proof?: string;
  /** When the first message of this signal reached the queue. Rechecks keep it. */
  readonly since: number;
  /** How many rechecks led here; 0 for a fresh signal. */
  readonly attempt: number;
}

export interface Connection {
  readonly status: 'CONNECTED' | 'DISCONNECTED';
  /** Service time of the last change. AWS may leave it out for a side that never connected. */
  readonly lastUpdatedAt?: number;
}

export interface OpenTunnel {
  readonly kind: 'open';
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly source: Connection;
  readonly services: readonly string[];
  readonly thingName?: string;
}

/** What DescribeTunnel said. */
export type Observation = OpenTunnel | { readonly kind: 'closed' } | { readonly kind: 'unknown' };

/** The right to rotate one side, held by one invocation until its own deadline and a margin. */
export interface Claim {
  /** The secret version about to be delivered; a fresh UUID, so it names the claim as well. */
  readonly versionId: string;
  /** After this moment its owner is certainly dead. */
  readonly until: number;
}

/** Token bucket against flapping. */
export interface Budget {
  readonly tokens: number;
  /** When `tokens` was last true. */
  readonly at: number;
}

/** The ledger's row for one side of one tunnel. */
export interface History {
  /** Rotations committed so far. */
  readonly generation: number;
  /** `lastUpdatedAt` right after our last rotation and before its token was delivered; service time. */
  readonly fence?: number;
  /** The secret version that we delivered last. */
  readonly versionId?: string;
  readonly deliveredAt?: number;
  readonly claim?: Claim;
  readonly budget?: Budget;
}

/** One drop of one side of one tunnel. */
export interface Episode {
  /** The generation that its rotation will commit. */
  readonly generation: number;
  /** Best knowledge of when the side dropped. */
  readonly droppedAt: number;
  /** The sender proved that the live token is spent: what DescribeTunnel says no longer matters. */
  readonly proven: boolean;
  /** What the bucket holds once this rotation is paid for. */
  readonly budget: Budget;
}

export type HoldReason =
  | 'unknown-tunnel' | 'tunnel-closed' // nothing of ours to retire
  | 'claimed' // somebody is at it
  | 'connected' // no proof, and the service says all is well
  | 'unused' // disconnected, but the token at hand was not used yet
  | 'settling' // the token was delivered a moment ago
  | 'flapping'; // the budget is empty

export type RetireReason = 'unknown-tunnel' | 'tunnel-closed';

export type Decision =
  | { readonly kind: 'rotate'; readonly episode: Episode }
  /** `recheckAfter`: look again after so many milliseconds; without it the sweep is enough. */
  | { readonly kind: 'hold'; readonly reason: HoldReason; readonly recheckAfter?: number }
  | { readonly kind: 'retire'; readonly reason: RetireReason };

/** What came of one signal. Failures are thrown, see `errors.ts`. */
export type Outcome =
  | { readonly kind: 'rotated'; readonly generation: number; readonly recoveryTime: number; readonly committed: boolean }
  | { readonly kind: 'held'; readonly reason: HoldReason; readonly recheckAfter?: number }
  | { readonly kind: 'retired'; readonly reason: RetireReason };
