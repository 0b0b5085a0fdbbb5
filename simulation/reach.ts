import type { HoldReason } from '../lambda/domain/vocabulary';
import { canBefall, FAULT_KINDS, OPERATIONS } from './faults';
import type { Tally } from './tally';

/** Which reasons to hold come about in these worlds: a new reason has to be given a place here. */
const HOLDS: Readonly<Record<HoldReason, 'reached' | 'not part of these worlds'>> = {
  'unknown-tunnel': 'reached',
  'tunnel-closed': 'reached',
  'claimed': 'reached',
  'connected': 'reached',
  'unused': 'reached',
  'settling': 'reached',
  'flapping': 'reached',
  'in-doubt': 'reached',
  'backing-off': 'reached',
  'out-of-scope': 'not part of these worlds',
  'side-not-served': 'not part of these worlds',
  'foreign-thing': 'not part of these worlds',
  'destination-config-refused': 'not part of these worlds',
  'redirection-refused': 'not part of these worlds',
  'inaudible': 'not part of these worlds',
  'asked-too-often': 'not part of these worlds',
  'grace': 'not part of these worlds',
};
const reasons = (place: string) => Object.entries(HOLDS).filter(([, where]) => where === place).map(([reason]) => reason);

/** Reasons that only unit tests see. */
export const OUTSIDE: readonly string[] = reasons('not part of these worlds');

/** Fewer drops than this need not come everywhere. */
export const ENOUGH = 20_000;

/** What must have come about in a run that is long enough, or its passing means little. */
const OUTCOMES = [
  'rotated', 'retired: tunnel-closed', 'retired: unknown-tunnel', ...reasons('reached').map((reason) => `held: ${reason}`),
  'failed: TimeoutError', 'failed: ThrottlingException', 'failed: AccessDeniedException', 'failed: InternalServerException',
];
const FAULTS = [
  'signal lost', 'signal doubled', 'signal delayed', 'message handed out twice', 'message not deleted', 'sweep lost', 'sweep doubled',
];
const FAULTS_AT = OPERATIONS.flatMap((operation) => FAULT_KINDS.filter((kind) => canBefall(kind, operation, false)).map((kind) => `${kind}, at ${operation}`));
const DROPS = ['clean', 'silent', 'kicked'];

/** @returns what did not come about: outcomes, drops, faults, and each kind of fault at each call that it can befall */
export function unreached({ outcomes, faults, faultsAt, dropsByKind }: Pick<Tally, 'outcomes' | 'faults' | 'faultsAt' | 'dropsByKind'>): string[] {
  return [
    ...OUTCOMES.filter((outcome) => !outcomes.has(outcome)),
    ...DROPS.filter((kind) => !dropsByKind.has(kind)).map((kind) => `a ${kind} drop`),
    ...FAULTS.filter((fault) => !faults.has(fault)),
    ...FAULTS_AT.filter((fault) => !faultsAt.has(fault)),
  ];
}

export const placesToReach = OUTCOMES.length + DROPS.length + FAULTS.length + FAULTS_AT.length;
