import { DEFAULT_POLICY, type Policy } from '../lambda/domain/policy';
import type { Signal } from '../lambda/domain/vocabulary';
import type { RecoveryPorts } from '../lambda/rotator/context';
import type { recover } from '../lambda/rotator/recovery';
import type { sweep } from '../lambda/sweeper/sweep';

/** The code under test. A mutant has one of its bugs in `policy` or `wrap`. */
export interface Subject {
  readonly recover: typeof recover;
  readonly sweep: typeof sweep;
  /** What is not as the world's deployment has it. */
  readonly policy: Partial<Policy>;
  /** Called for each recovery. */
  readonly wrap?: (ports: RecoveryPorts, signal: Signal) => RecoveryPorts;
  /** A promise that an adapter breaks. */
  readonly flaw?: Flaw;
}

/** In a deployment that sets nothing else. */
export const policyOf = ({ policy }: Subject, deployed: Partial<Policy> = {}): Policy => ({ ...DEFAULT_POLICY, ...deployed, ...policy });

export type Flaw = 'Rotate is repeated' | 'a commit erases claims';
