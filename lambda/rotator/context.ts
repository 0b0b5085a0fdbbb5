import { decide } from '../domain/decide';
import type { Policy } from '../domain/policy';
import type { Announcer, Clock, Courier, Invocation, Ledger, Signals, Tunnels, Vault } from '../domain/ports';
import type { Decision, Histories, Observation, Outcome, Side, Signal } from '../domain/vocabulary';

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
export interface Context {
  readonly signal: Signal;
  readonly histories: Histories;
  readonly ports: RecoveryPorts;
  readonly invocation: Invocation;
  readonly policy: Policy;
}

export function decideSide({ signal, histories, ports, policy }: Context, side: Side, observation: Observation): Decision {
  return decide({ side, observation, history: histories[side], signal, now: ports.clock.now() }, policy);
}

/** What came of several pieces of work, some of which may have failed: one side's failure is not the other's. */
export interface Results {
  readonly outcomes: readonly Outcome[];
  readonly failures: readonly unknown[];
}

export async function gather(works: readonly Promise<Outcome>[]): Promise<Results> {
  const settled = await Promise.allSettled(works);
  return {
    outcomes: settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    failures: settled.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])),
  };
}
