import type { Confidential } from '../../lib/confidential';
import type { Policy } from '../domain/policy';
import type { Announcer, Clock, Courier, Delivery, Invocation, Ledger, Signals, Tunnels, Vault } from '../domain/ports';
import type { Histories, Observation, Signal } from '../domain/vocabulary';

export interface RecoveryPorts {
  readonly tunnels: Tunnels;
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly courier: Courier;
  readonly signals: Signals;
  readonly announcer: Announcer;
  readonly clock: Clock;
}

/** What stands fixed while one signal is worked on. */
export interface Work {
  readonly signal: Signal;
  readonly ports: RecoveryPorts;
  readonly invocation: Invocation;
  readonly policy: Policy;
}

/** What is known of the tunnel when the decision is made. */
export interface Sight {
  readonly observation: Observation;
  readonly histories: Histories;
}

/** The right to act on one side, and every way in which it can end. Whoever holds it ends it, once. */
export interface SideClaim {
  /** The secret version that it may deliver, and the proof to lie in it. */
  readonly versionId: string;
  readonly proof: Confidential;
  /** It was delivered: the row says so. False if the claim was lost meanwhile. */
  commit(delivery: Delivery): Promise<boolean>;
  /** Certainly not delivered: the row says again what it said before, but for the budget if a rotation is paid for. Never throws. */
  release(payment: 'unpaid' | 'paid'): Promise<void>;
  /** Trying again can't help for a while, so the budget is emptied; `inDoubt`, the claim stands. Never throws. */
  exhaust(inDoubt: boolean): Promise<void>;
  /** Whatever was asked for may still happen, so the claim stands until it expires, as a mark of doubt. */
  leave(): void;
  /** The side is retired: the row goes, and the claim with it. */
  remove(): Promise<void>;
}
