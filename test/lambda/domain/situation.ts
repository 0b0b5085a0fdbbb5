import { decide, type Situation } from '../../../lambda/domain/decide';
import { DEFAULT_POLICY, type Policy } from '../../../lambda/domain/policy';
import { Confidential } from '../../../lib/confidential';
import type { Decision, History, OpenTunnel, Signal } from '../../../lambda/domain/vocabulary';

export const SECOND = 1_000;
export const CREATED = 1_700_000_000_000;
export const NOW = CREATED + 600 * SECOND;

export const tunnel = (over: Partial<OpenTunnel> = {}): OpenTunnel => ({
  kind: 'open', at: NOW, createdAt: CREATED, expiresAt: CREATED + 720 * 60 * SECOND, services: ['SSH'], thingName: 'device-1', tags: {},
  destination: { status: 'CONNECTED', lastUpdatedAt: CREATED + SECOND },
  source: { status: 'DISCONNECTED', lastUpdatedAt: NOW - SECOND }, ...over,
});
export const connected = tunnel({ source: { status: 'CONNECTED', lastUpdatedAt: NOW - 60 * SECOND } });
export const droppedAt = (lastUpdatedAt: number | undefined) => tunnel({ source: { status: 'DISCONNECTED', lastUpdatedAt } });

export const hash = (proof: string) => `hash of ${proof}`;
/** A row after one rotation, delivered long ago. */
export const row = (over: Partial<History> = {}): History => ({
  generation: 1, fence: NOW - 300 * SECOND, versionId: 'live-version', proofHash: hash('live-proof'), deliveredAt: NOW - 300 * SECOND,
  budget: { tokens: 9, at: NOW - 300 * SECOND }, ...over,
});
export const hint = (over: Partial<Signal> = {}): Signal => ({ tunnelId: 't', sides: ['source'], kind: 'drop', via: 'mqtt', since: NOW - 50, attempt: 0, ...over });
export const proof = (value: string) => hint({ proof: new Confidential(value) });

/** What is decided where all that a test does not name is as usual. */
export const given = (over: Partial<Situation>, policy: Partial<Policy> = {}): Decision => {
  const { signal = hint() } = over;
  const proofHash = signal.proof && hash(signal.proof.reveal());
  return decide({ side: 'source', observation: tunnel(), history: row(), signal, proofHash, now: NOW, ...over }, { ...DEFAULT_POLICY, ...policy });
};

export const hold = (reason: string, recheckAfter?: unknown) => ({ kind: 'hold', reason, recheckAfter });
export const retire = (reason: string) => ({ kind: 'retire', reason });
export const rotate = (episode: object = {}) => ({ kind: 'rotate', episode: expect.objectContaining(episode) });
export const [FIRST_PAUSE, SECOND_PAUSE] = DEFAULT_POLICY.recheckPauses;
