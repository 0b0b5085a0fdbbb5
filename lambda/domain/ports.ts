import type { SourceToken } from './source-token';
import type { Budget, Claim, History, Observation, Outcome, Side, Signal } from './vocabulary';

/** AWS IoT Secure Tunneling. */
export interface Tunnels {
  observe(tunnelId: string): Promise<Observation>;
  /** Revokes the side's token and returns the new one, once. */
  rotate(tunnelId: string, side: Side): Promise<SourceToken>;
}

/** Which tunnels are open; only the sweeper asks. */
export interface TunnelList {
  openTunnelIds(): AsyncIterable<string>;
}

/** One row a tunnel and side. Every write is conditional on what was seen; a lost race is a return value. */
export interface Ledger {
  read(tunnelId: string, side: Side): Promise<History | undefined>;
  /** Takes the claim if the row is still as `seen`. False: somebody else was faster. */
  claim(tunnelId: string, side: Side, seen: History | undefined, claim: Claim, terms: ClaimTerms): Promise<boolean>;
  /** Gives the claim back and restores what stood there before, an expired claim included: its doubt has not gone away. */
  release(tunnelId: string, side: Side, claim: Claim, before: Pick<History, 'claim' | 'budget'>): Promise<void>;
  /** Writes down the delivery, if the claim is still ours. */
  commit(tunnelId: string, side: Side, claim: Claim, delivery: Delivery): Promise<boolean>;
  /** Drops the row, if the claim is still ours. */
  remove(tunnelId: string, side: Side, claim: Claim): Promise<void>;
}

/** Every row's tunnel; only the sweeper asks. */
export interface LedgerScan {
  rows(): AsyncIterable<{ readonly tunnelId: string; readonly side: Side; readonly history: History }>;
}

export interface ClaimTerms {
  /** The bucket after paying; unchanged when absent. */
  readonly budget?: Budget;
  /** When the tunnel ends at the latest; its row is forgotten some time after. */
  readonly expiresAt: number;
}

export interface Delivery {
  readonly generation: number;
  readonly fence: number;
  readonly deliveredAt: number;
}

/** What a source needs to connect. */
export interface Parcel {
  readonly token: SourceToken;
  readonly tunnelId: string;
  readonly services: readonly string[];
  readonly thingName?: string;
  readonly generation: number;
  readonly expiresAt: number;
}

/** AWS Secrets Manager. */
export interface Vault {
  /** Makes the parcel the secret's current version, under the version id given. Creates the secret if need be. */
  deliver(parcel: Parcel, versionId: string): Promise<void>;
  /** Deletes the secret at once. A secret that isn't there is fine. */
  destroy(tunnelId: string, side: Side): Promise<void>;
}

/** Tells the world, without a token and without a version id (which is a proof). Best effort. */
export interface Announcer {
  announce(tunnelId: string, outcome: Outcome): Promise<void>;
}

/** The signal queue, seen from its writers. */
export interface Signals {
  send(signal: Signal, delay?: number): Promise<void>;
}

export interface Clock {
  now(): number;
}

/** The invocation that does the work: a claim must not outlive it. */
export interface Invocation {
  /** Lambda ends this instance then; epoch milliseconds. */
  readonly deadline: number;
  newVersionId(): string;
}
