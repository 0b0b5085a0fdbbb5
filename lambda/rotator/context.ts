import type { Confidential } from '../../lib/confidential';
import type { Policy } from '../domain/policy';
import type { Announcer, Clock, Courier, Delivery, Invocation, Ledger, Signals, Tunnels, Vault, Witness } from '../domain/ports';
import type { Deposit, Histories, Observation, Signal } from '../domain/vocabulary';
import type { Rechecks } from './rechecks';
import type { RowsAhead } from './rows-ahead';

export interface RecoveryPorts {
  readonly tunnels: Tunnels;
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly courier: Courier;
  readonly signals: Signals;
  readonly announcer: Announcer;
  readonly witness: Witness;
  readonly clock: Clock;
  /** What this instance remembers of the signals before. */
  readonly rechecks: Rechecks;
  /** What the signal's batch has read already. @default everything is read in its turn */
  readonly ahead?: RowsAhead;
}

/** What stands fixed while one signal is worked on. */
export interface Work {
  readonly signal: Signal;
  /** SHA-256 of the signal's proof. */
  readonly proofHash: string | undefined;
  readonly ports: RecoveryPorts;
  readonly invocation: Invocation;
  readonly policy: Policy;
}

/** What is known of the tunnel when the decision is made. */
export interface Sight {
  readonly observation: Observation;
  /** The rows as they are. */
  readonly rows: Histories;
  /** What they should say. */
  readonly histories: Histories;
  readonly deposit: Deposit;
  /** The source's claim, if the signal's proof has won it already. */
  readonly proven?: SideClaim;
}

/** The right to act on one side, and every way in which it can end. Whoever holds it ends it, once. */
export interface SideClaim {
  /** The secret version that it may deliver, and the proof to lie in it. */
  readonly versionId: string;
  readonly proof: Confidential;
  /** It was delivered: the row says so. False if the claim was lost meanwhile. */
  commit(delivery: Delivery): Promise<boolean>;
  /** Nothing was delivered, so nothing is paid. Never throws: a claim that can't be given back expires. */
  release(): Promise<void>;
  /** As `release`, but what was refused would be refused again: the next try waits. */
  backOff(): Promise<void>;
  /** Whatever was asked for may still happen, so the claim stands until it expires, as a mark of doubt. */
  leave(): void;
  /** The side is retired: the row goes, and the claim with it. */
  remove(): Promise<void>;
}
