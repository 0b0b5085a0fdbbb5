import type { Confidential } from '../../lib/confidential';

/**
 * The words of the product, as types. Times are epoch milliseconds; those that AWS reported are service time,
 * the others are this process's clock. No rule that protects a connection compares one with the other.
 */

/** One end of a tunnel, AWS's client mode. */
export type Side = 'source' | 'destination';
export const SIDES: readonly Side[] = ['source', 'destination'];

/** How a signal first came in. */
export type Via = 'mqtt' | 'eventbridge' | 'presence' | 'sweep';

/** Where a destination's token is to go, as RotateTunnelAccessToken takes it. */
export interface DestinationConfig {
  readonly thingName?: string;
  readonly services: readonly string[];
}

/** A hint that a tunnel may have dropped, or somebody's wish for a token. It says where to look, never what to do. */
export interface Signal {
  readonly tunnelId: string;
  /** Sides that the sender speaks of; AWS's ALL is both. */
  readonly sides: readonly Side[];
  readonly kind: 'drop' | 'token-request';
  readonly via: Via;
  /** The random value that lay beside the source token that the sender used; if that token is the live one, it proves that it is spent. */
  readonly proof?: Confidential;
  /** The thing as which the sender is known to the broker: it may speak of its own tunnels only. */
  readonly thingName?: string;
  /** Sends the destination's token elsewhere than the tunnel says; token requests only. */
  readonly destinationConfig?: DestinationConfig;
  /** When the first message of this signal reached the queue. Rechecks keep it. */
  readonly since: number;
  /** How many rechecks led here; 0 for a fresh signal. */
  readonly attempt: number;
  /** When a look first found that the service knows no such tunnel. */
  readonly unknownSince?: number;
}

/** A device came online: look at its tunnels. */
export interface Presence {
  readonly thingName: string;
  readonly since: number;
  readonly attempt: number;
}

export interface Connection {
  readonly status: 'CONNECTED' | 'DISCONNECTED';
  /** Service time of the last change. AWS may leave it out for a side that never connected. */
  readonly lastUpdatedAt?: number;
}

export interface OpenTunnel {
  readonly kind: 'open';
  /** Service time of this answer. */
  readonly at: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly source: Connection;
  readonly destination: Connection;
  readonly services: readonly string[];
  readonly thingName?: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What DescribeTunnel said. */
export type Observation = OpenTunnel | { readonly kind: 'closed' } | { readonly kind: 'unknown' };

/** The right to rotate one side, held by one invocation until its own deadline and a margin. */
export interface Claim {
  /** The secret version about to be delivered; a fresh UUID, so it names the claim as well. */
  readonly versionId: string;
  /** SHA-256 of that version's proof. */
  readonly proofHash: string;
  /** After this moment its owner is certainly dead. */
  readonly until: number;
  /** Service time by which what led to it was seen: whoever uses its token connects later. */
  readonly from?: number;
}

/** Token bucket against flapping. */
export interface Budget {
  readonly tokens: number;
  /** When `tokens` was last true. */
  readonly at: number;
}

/** The ledger's rows for one tunnel. */
export type Histories = Readonly<Partial<Record<Side, History>>>;

/** The ledger's row for one side of one tunnel. */
export interface History {
  /** Rotations committed so far. */
  readonly generation: number;
  /** Service time of our last rotation, rounded up to the next second. */
  readonly fence?: number;
  /** The secret version that we delivered last. */
  readonly versionId?: string;
  /** SHA-256 of its proof: whoever reads the ledger can prove nothing. */
  readonly proofHash?: string;
  /** The proofs before it, oldest first: where the secret is gone, nobody can tell whether a newer one was ever read. */
  readonly formerProofs?: readonly FormerProof[];
  readonly deliveredAt?: number;
  readonly claim?: Claim;
  /** Deliveries are paid from it. */
  readonly budget?: Budget;
  /** Those that were only asked for are paid from this one as well. */
  readonly requests?: Budget;
  /** AWS refused the last try for a reason that does not pass by itself. */
  readonly refusal?: Refusal;
}

/** It counts as long as nobody has connected since: then a token that came after it, if there was one, is not in use. */
export interface FormerProof {
  readonly hash: string;
  /** Service time. */
  readonly since: number;
}

/** A pause before the next try, twice as long after each refusal. */
export interface Refusal {
  readonly times: number;
  readonly until: number;
}

/** What lies in the secret of a tunnel's source, as far as it can be told without reading it. */
export interface Deposit {
  /** The version that a reader gets; absent if there is none, or if the secret is about to be deleted. */
  readonly current?: string;
  readonly versions: readonly string[];
  /** Service time of the last change. */
  readonly changedAt?: number;
}

/** One drop of one side of one tunnel. */
export interface Episode {
  /** The generation that its rotation will commit. */
  readonly generation: number;
  /** Best knowledge of when the side dropped; absent for a token that was only asked for. */
  readonly droppedAt?: number;
  /** The sender proved that the live token is spent: what DescribeTunnel says no longer matters. */
  readonly proven: boolean;
  /** What the buckets hold once this rotation is paid for. */
  readonly budget: Budget;
  readonly requests?: Budget;
}

export type HoldReason =
  | 'unknown-tunnel' | 'tunnel-closed' // nothing of ours to retire
  | 'out-of-scope' // another rotator's tunnel, or nobody's
  | 'side-not-served' // the deployment's client modes leave this side out
  | 'foreign-thing' // the sender may speak of the tunnels of its own thing only
  | 'destination-config-refused' // AWS takes none with SOURCE
  | 'redirection-refused' // the deployment lets nobody send a destination's token elsewhere, or not over this way in
  | 'claimed' // somebody is at it
  | 'in-doubt' // somebody was at it and died; what he left behind has to be looked up
  | 'backing-off' // AWS refused the last try; the next one waits
  | 'connected' // no proof, and the service says all is well
  | 'inaudible' // nothing says that the device could hear its new token
  | 'unused' // disconnected, but the token at hand was not used yet
  | 'grace' // a client that heals itself gets a moment to do so
  | 'settling' // the token was delivered a moment ago
  | 'flapping' // the budget is empty
  | 'asked-too-often'; // the budget of requests is empty

export type RetireReason = 'unknown-tunnel' | 'tunnel-closed';

export type Decision =
  | { readonly kind: 'rotate'; readonly episode: Episode }
  /** `recheckAfter`: look again after so many milliseconds; without it the sweep is enough. */
  | { readonly kind: 'hold'; readonly reason: HoldReason; readonly recheckAfter?: number }
  | { readonly kind: 'retire'; readonly reason: RetireReason };

/** What came of one signal for one side. Failures are thrown, see `errors.ts`. */
export type Outcome = { readonly side: Side } & (
  | { readonly kind: 'rotated'; readonly generation: number; readonly recoveryTime?: number; readonly committed: boolean }
  | { readonly kind: 'held'; readonly reason: HoldReason; readonly recheckAfter?: number }
  | { readonly kind: 'retired'; readonly reason: RetireReason }
);
