import type { HoldReason } from '../lambda/domain/vocabulary';
import { canBefall, FAULT_KINDS, OPERATIONS } from './faults';
import type { Tally } from './tally';
import { WISHES } from './wishes';

/** Every reason to hold, and whether it comes about in each run that is long enough: the compiler asks for a new one here. */
const HOLDS: Readonly<Record<HoldReason, boolean>> = {
  'unknown-tunnel': true, 'tunnel-closed': true, 'claimed': true, 'connected': true, 'unused': true, 'settling': true, 'flapping': true, 'in-doubt': true,
  'backing-off': true, 'out-of-scope': true, 'side-not-served': true, 'foreign-thing': true, 'destination-config-refused': true, 'redirection-refused': true,
  'inaudible': true, 'asked-too-often': false, 'grace': true,
};

/** What is rare must have come about in so many drops. */
const MANY = 100_000;
const RARE = Object.entries(HOLDS).filter(([, isCommon]) => !isCommon).map(([reason]) => `held: ${reason}`);

/** Fewer drops than this need not come everywhere. */
export const ENOUGH = 25_000;

/** What must have come about in a run that is long enough, or its passing means little. */
const OUTCOMES = [
  'rotated', 'rotated, a destination', 'retired: tunnel-closed', 'retired: unknown-tunnel', 'joined to another look',
  ...Object.entries(HOLDS).filter(([, isCommon]) => isCommon).map(([reason]) => `held: ${reason}`),
  'failed: TimeoutError', 'failed: ThrottlingException', 'failed: AccessDeniedException', 'failed: InternalServerException',
];
const FAULTS = [
  'signal lost', 'signal doubled', 'signal delayed', 'message handed out twice', 'message not deleted', 'sweep lost', 'sweep doubled',
  'token not heard',
];
/** What people and the service did beside that. */
const EVENTS = [
  'a client healed itself', 'noise', 'a stale answer', 'one Rotate for both sides', 'a device came online', 'a device asked',
  ...[...new Set(WISHES)].map((wish) => `wish: ${wish}`),
];
const FAULTS_AT = OPERATIONS.flatMap((operation) => FAULT_KINDS.filter((kind) => canBefall(kind, operation, false)).map((kind) => `${kind}, at ${operation}`));
/** A destination has no proof by which it could be kicked while the service shows it connected. */
const DROPS = ['clean', 'silent', 'kicked', 'clean, of a destination', 'silent, of a destination'];

/** @returns what did not come about: outcomes, drops, faults, and each kind of fault at each call that it can befall */
export function unreached({ drops, outcomes, faults, faultsAt, dropsByKind, events }: Omit<Tally, 'count' | 'recovered'>): string[] {
  return [
    ...[...OUTCOMES, ...(drops >= MANY ? RARE : [])].filter((outcome) => !outcomes.has(outcome)),
    ...DROPS.filter((kind) => !dropsByKind.has(kind)).map((kind) => `a ${kind} drop`),
    ...EVENTS.filter((event) => !events.has(event)),
    ...FAULTS.filter((fault) => !faults.has(fault)),
    ...FAULTS_AT.filter((fault) => !faultsAt.has(fault)),
  ];
}

export const placesToReach = OUTCOMES.length + DROPS.length + EVENTS.length + FAULTS.length + FAULTS_AT.length;
