import type { Confidential } from '../../lib/confidential';
import type { Budget, Claim, Deposit, DestinationConfig, Histories, History, Observation, Outcome, Presence, Refusal, Side, Signal } from './vocabulary';

/** AWS IoT Secure Tunneling. */
export interface Tunnels {
  observe(tunnelId: string): Promise<Observation>;
  /**
   * Revokes the tokens of these sides and returns the new ones, once, and never repeats a request that may still land; one call, whether for one side or both.
   * Where the destination's configuration names a thing, AWS publishes the destination's token to it.
   */
  rotate(tunnelId: string, sides: readonly Side[], destination?: DestinationConfig): Promise<Rotation>;
}

export interface Rotation {
  readonly tokens: Readonly<Partial<Record<Side, Confidential>>>;
  /** Service time, rounded up to the next second: whatever Rotate itself did to a timestamp lies before it. */
  readonly fence: number;
}

/** Which tunnels of a thing are open. */
export interface TunnelList {
  openTunnelIds(thingName: string): AsyncIterable<string>;
}

/** A part of a list that is too long to be had at once. */
export interface Page<T> {
  readonly items: readonly T[];
  /** How to ask for the next part; absent: there is none. */
  readonly next?: string;
}

/** All open tunnels; only the sweeper asks. */
export interface TunnelPages {
  openTunnels(from?: string): Promise<Page<string>>;
  /** Does this error say that `from` leads nowhere any more? */
  refusedPage(error: unknown): boolean;
}

/** Tunnels that have a row; only the sweeper asks. */
export interface LedgerPages {
  rowTunnels(from?: string): Promise<Page<string>>;
}

/** One row a tunnel and side. Every write is conditional on what was seen; a lost race is a return value. */
export interface Ledger {
  read(tunnelId: string): Promise<Histories>;
  /** Takes the claim if the row is still as `seen`, and writes what it should say instead. False: somebody else was faster. */
  claim(tunnelId: string, side: Side, seen: History | undefined, row: ClaimedRow, expiresAt: number): Promise<boolean>;
  /** Takes the claim if nobody has one and the row's live token is the one that this proves, and returns the row as it was. */
  claimByProof(tunnelId: string, side: Side, proofHash: string, claim: Claim): Promise<History | undefined>;
  /** Gives the claim back. Nothing was delivered, so nothing is paid; a refusal is written down. */
  release(tunnelId: string, side: Side, claim: Claim, refusal?: Refusal): Promise<void>;
  /** Writes down the delivery, and what it cost, if the claim is still ours. */
  commit(tunnelId: string, side: Side, claim: Claim, delivery: Delivery): Promise<boolean>;
  /** Drops the row, if the claim is still ours. */
  remove(tunnelId: string, side: Side, claim: Claim): Promise<void>;
}

export type ClaimedRow = History & { readonly claim: Claim };

/** Every row; only the cleaner asks. */
export interface LedgerScan {
  rows(): AsyncIterable<{ readonly tunnelId: string; readonly side: Side }>;
}

export interface Delivery {
  readonly generation: number;
  readonly fence: number;
  readonly deliveredAt: number;
  readonly budget: Budget;
  /** Unchanged when absent. */
  readonly requests?: Budget;
  /** The proofs before the delivered one's. */
  readonly formerProofs?: History['formerProofs'];
}

/** What a source needs to connect. */
export interface Parcel {
  readonly token: Confidential;
  /** Lies beside the token: whoever read one has read the other. */
  readonly proof: Confidential;
  readonly tunnelId: string;
  readonly services: readonly string[];
  readonly thingName?: string;
  readonly generation: number;
  readonly expiresAt: number;
}

/** AWS Secrets Manager. */
export interface Vault {
  /** What lies in the tunnel's secret, without a look at the token. */
  inspect(tunnelId: string): Promise<Deposit>;
  /** Makes the parcel the secret's current version, under the version id given. `exists` is what was seen; it need not be so any more. */
  deliver(parcel: Parcel, versionId: string, exists: boolean): Promise<void>;
  /** Deletes the tunnel's secret at once. A secret that isn't there is fine. */
  destroy(tunnelId: string): Promise<void>;
}

/** Carries a destination's token to the topic of a tunnel without a thing name, where AWS itself tells nobody. */
export interface Courier {
  carry(tunnelId: string, token: Confidential, services: readonly string[]): Promise<void>;
}

/** Tells the world, without a token and without a proof. Best effort: never throws. */
export interface Announcer {
  announce(signal: Signal, outcome: Outcome): Promise<void>;
}

/** Counts and logs what came of a signal. */
export interface Witness {
  recovered(signal: Signal, outcome: Outcome): void;
  /** It was answered by a look that was made already, or will be soon. */
  joined(signal: Signal): void;
}

/** The signal queue, seen from its writers. */
export interface Signals {
  send(news: Signal | Presence, delay?: number): Promise<void>;
}

export interface Clock {
  now(): number;
}

/** The invocation that does the work: a claim must not outlive it. */
export interface Invocation {
  /** Lambda ends this instance then; epoch milliseconds. */
  readonly deadline: number;
  newVersionId(): string;
  /** A random value that nobody can guess. */
  newProof(): Confidential;
}
