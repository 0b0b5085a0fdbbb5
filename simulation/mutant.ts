import { DependencyError } from '../lambda/domain/errors';
import type { Policy } from '../lambda/domain/policy';
import type { Claim, History } from '../lambda/domain/vocabulary';
import type { RecoveryPorts } from '../lambda/rotator/context';
import type { Invariant } from './invariants';
import type { Subject } from './subject';

/**
 * Bugs that the simulation must find, or it proves nothing. Each is a wrapper around the ports or a change of the policy, so that
 * there is no second copy of the code.
 */
export interface Mutant {
  readonly bug: string;
  /** Any of these may be the first to break. */
  readonly breaks: readonly Invariant[];
  readonly policy?: Partial<Policy>;
  readonly wrap?: Subject['wrap'];
  readonly flaw?: Subject['flaw'];
  readonly recover?: Subject['recover'];
  readonly sweep?: Subject['sweep'];
}

/** The code under test with this bug in it. */
export function withBug(subject: Subject, { policy, wrap, flaw, recover = subject.recover, sweep = subject.sweep }: Mutant): Subject {
  return { ...subject, policy: { ...subject.policy, ...policy }, wrap, flaw, recover, sweep };
}

export function withClaims({ ledger, ...ports }: RecoveryPorts, change: (claim: Claim) => Claim): RecoveryPorts {
  return {
    ...ports,
    ledger: {
      ...ledger,
      claim: (id, side, seen, { claim, ...row }, expiresAt) => ledger.claim(id, side, seen, { ...row, claim: change(claim) }, expiresAt),
      claimByProof: (id, side, proofHash, claim) => ledger.claimByProof(id, side, proofHash, change(claim)),
    },
  };
}

/** The code sees another history than the ledger holds; its claim is still compared with the true one. */
export function shownHistory({ ledger, ...ports }: RecoveryPorts, change: (history: History) => History): RecoveryPorts {
  let truth: History | undefined;
  return {
    ...ports,
    ledger: {
      ...ledger,
      read: async (id) => {
        const histories = await ledger.read(id);
        truth = histories.source;
        return truth ? { ...histories, source: change(truth) } : histories;
      },
      claim: (id, side, _seen, row, expiresAt) => ledger.claim(id, side, truth, row, expiresAt),
    },
  };
}

export function pretendWithoutEffect(error: unknown): never {
  if (!(error instanceof DependencyError)) throw error;
  throw new DependencyError(error.call, error.kind, error.code, true);
}

