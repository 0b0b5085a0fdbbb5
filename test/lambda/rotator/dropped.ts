import { DependencyError } from '../../../lambda/domain/errors';
import { Confidential } from '../../../lib/confidential';
import type { Observation, Signal } from '../../../lambda/domain/vocabulary';
import { DEFAULT_POLICY, type Policy } from '../../../lambda/domain/policy';
import type { RecoveryPorts } from '../../../lambda/rotator/context';
import { Rechecks } from '../../../lambda/rotator/rechecks';
import { recover } from '../../../lambda/rotator/recovery';
import { FakeTunnels, invocation, ManualClock, MemoryAnnouncer, MemoryCourier, MemoryLedger, MemorySignals, MemoryVault, MemoryWitness } from '../../support/fakes';

export const SECOND = 1_000;
export const liveProof = new Confidential('live-proof');
export const refusal = new DependencyError('Some.Call', 'refused', 'Refused', true);
export const lostAnswer = new DependencyError('Some.Call', 'unavailable', 'TimeoutError', false);

/** A tunnel that was used and dropped a second ago; nothing in the ledger. */
export function dropped() {
  const clock = new ManualClock();
  const createdAt = clock.now() - 600 * SECOND;
  const open: Observation = {
    kind: 'open', at: clock.now(), createdAt, expiresAt: createdAt + 43_200 * SECOND, services: ['SSH'], thingName: 'device-1', tags: {},
    destination: { status: 'CONNECTED', lastUpdatedAt: createdAt + SECOND },
    source: { status: 'DISCONNECTED', lastUpdatedAt: clock.now() - SECOND },
  };
  const ports = {
    tunnels: new FakeTunnels(open), ledger: new MemoryLedger(), vault: new MemoryVault(), courier: new MemoryCourier(), signals: new MemorySignals(),
    announcer: new MemoryAnnouncer(), witness: new MemoryWitness(), clock, rechecks: new Rechecks(),
  };
  const signal: Signal = { tunnelId: 't', sides: ['source'], kind: 'drop', via: 'mqtt', since: clock.now(), attempt: 0 };
  const recoverAll = (over: Partial<Signal> = {}, policy: Partial<Policy> = {}, timeLeft?: number, more: Partial<RecoveryPorts> = {}) =>
    recover({ ...signal, ...over }, { ...ports, ...more }, invocation(clock, timeLeft), { ...DEFAULT_POLICY, ...policy });
  /** For signals of one side. */
  const recoverIt = async (over: Partial<Signal> = {}, timeLeft?: number) => (await recoverAll(over, {}, timeLeft))[0];
  return { ...ports, recoverIt, recoverAll };
}

