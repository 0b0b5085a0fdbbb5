import { decide, DEFAULT_POLICY, type Situation } from '../../../lambda/domain/decide';
import type { Decision, History, OpenTunnel, Signal } from '../../../lambda/domain/vocabulary';

const SECOND = 1_000;
const CREATED = 1_700_000_000_000;
const NOW = CREATED + 600 * SECOND;

const tunnel = (over: Partial<OpenTunnel> = {}): OpenTunnel => ({
  kind: 'open', createdAt: CREATED, expiresAt: CREATED + 720 * 60 * SECOND, services: ['SSH'], thingName: 'device-1',
  source: { status: 'DISCONNECTED', lastUpdatedAt: NOW - SECOND }, ...over,
});
const connected = tunnel({ source: { status: 'CONNECTED', lastUpdatedAt: NOW - 60 * SECOND } });
const droppedAt = (lastUpdatedAt: number | undefined) => tunnel({ source: { status: 'DISCONNECTED', lastUpdatedAt } });

/** A row after one rotation, delivered long ago. */
const row = (over: Partial<History> = {}): History => ({
  generation: 1, fence: NOW - 300 * SECOND, versionId: 'live-version', deliveredAt: NOW - 300 * SECOND,
  budget: { tokens: 9, at: NOW - 300 * SECOND }, ...over,
});
const hint = (over: Partial<Signal> = {}): Signal => ({ tunnelId: 't', side: 'source', via: 'mqtt', since: NOW - 50, attempt: 0, ...over });
const proof = (versionId: string) => hint({ proof: versionId });

const given = (over: Partial<Situation>): Decision => decide({ observation: tunnel(), history: row(), signal: hint(), now: NOW, ...over });

const hold = (reason: string, recheckAfter?: number) => ({ kind: 'hold', reason, recheckAfter });
const retire = (reason: string) => ({ kind: 'retire', reason });
const rotate = (episode: object = {}) => ({ kind: 'rotate', episode: expect.objectContaining(episode) });
const [FIRST_PAUSE, SECOND_PAUSE] = DEFAULT_POLICY.recheckPauses;

describe('decide', () => {
  describe('GIVEN no rotation of ours yet', () => {
    it.each<[string, OpenTunnel, object]>([
      ['a side that never connected and has no timestamp', droppedAt(undefined), hold('unused', FIRST_PAUSE)],
      ['a timestamp equal to the creation', droppedAt(CREATED), hold('unused', FIRST_PAUSE)],
      ['a timestamp within the tolerance', droppedAt(CREATED + 5 * SECOND), hold('unused', FIRST_PAUSE)],
      ['a timestamp beyond the tolerance', droppedAt(CREATED + 5 * SECOND + 1), rotate({ generation: 1, proven: false })],
      ['a connected side', connected, hold('connected', FIRST_PAUSE)],
    ])('WHEN the service shows %s THEN it decides accordingly', (_, observation, expected) => {
      expect(given({ observation, history: undefined })).toEqual(expected);
    });
  });

  describe('GIVEN a rotation of ours', () => {
    it.each<[string, OpenTunnel, object]>([
      ['disconnected beyond the fence', droppedAt(NOW - SECOND), rotate({ generation: 2, droppedAt: NOW - SECOND })],
      ['disconnected exactly at the fence', droppedAt(NOW - 300 * SECOND), hold('unused', FIRST_PAUSE)],
      ['disconnected without a timestamp', droppedAt(undefined), hold('unused', FIRST_PAUSE)],
      ['connected', connected, hold('connected', FIRST_PAUSE)],
    ])('WHEN the side is %s THEN the fence tells a spent token from a fresh one', (_, observation, expected) => {
      expect(given({ observation })).toEqual(expected);
    });

    it('WHEN the fence had no timestamp THEN any later one is beyond it', () => {
      expect(given({ history: row({ fence: 0 }), observation: droppedAt(CREATED + 1) })).toEqual(rotate());
    });
  });

  describe('GIVEN a proof', () => {
    it.each<[string, Partial<Situation>, object]>([
      ['of the live version, while the service still says connected', { observation: connected, signal: proof('live-version') }, rotate({ proven: true, droppedAt: NOW - 50 })],
      ['of the live version, within settle', { history: row({ deliveredAt: NOW - SECOND }), signal: proof('live-version') }, rotate({ proven: true })],
      ['of an older version, while connected', { observation: connected, signal: proof('old-version') }, hold('connected', FIRST_PAUSE)],
      ['of an older version, of a side beyond the fence', { signal: proof('old-version') }, rotate({ proven: false })],
      ['without any row', { history: undefined, observation: connected, signal: proof('any-version') }, hold('connected', FIRST_PAUSE)],
      ['of a row that never delivered', { history: { generation: 0 }, observation: connected, signal: hint() }, hold('connected', FIRST_PAUSE)],
    ])('WHEN it is %s THEN only the live version is believed', (_, situation, expected) => {
      expect(given(situation)).toEqual(expected);
    });
  });

  describe('GIVEN a claim', () => {
    const standing = { versionId: 'claimed-version', until: NOW };
    const expired = { versionId: 'claimed-version', until: NOW - 1 };
    it.each<[string, Partial<Situation>, object]>([
      ['it stands to the last millisecond', { history: row({ claim: standing }) }, hold('claimed', 1)],
      ['it stands and the sender has proof', { history: row({ claim: standing }), signal: proof('live-version') }, hold('claimed', 1)],
      ['it stands and the tunnel closed', { history: row({ claim: standing }), observation: { kind: 'closed' } }, hold('claimed', 1)],
      ['it expired, the row\'s version is proven, the side is connected', { history: row({ claim: expired }), observation: connected, signal: proof('live-version') }, hold('connected', FIRST_PAUSE)],
      ['it expired, the claim\'s version is proven, the side is connected', { history: row({ claim: expired }), observation: connected, signal: proof('claimed-version') }, rotate({ proven: true })],
      ['it expired, the side is disconnected beyond the fence', { history: row({ claim: expired }) }, rotate({ proven: false, generation: 2 })],
      ['it expired on a row that never delivered, the side was never used', { history: { generation: 0, claim: expired }, observation: droppedAt(CREATED) }, hold('unused', FIRST_PAUSE)],
    ])('WHEN %s THEN its doubt is respected', (_, situation, expected) => {
      expect(given(situation)).toEqual(expected);
    });
  });

  describe('GIVEN a fresh delivery', () => {
    it('WHEN an unproven hint comes within settle THEN it waits for the rest of it', () => {
      expect(given({ history: row({ deliveredAt: NOW - 4 * SECOND }) })).toEqual(hold('settling', 6 * SECOND));
    });
    it('WHEN settle is over THEN the hint counts', () => {
      expect(given({ history: row({ deliveredAt: NOW - 10 * SECOND }) })).toEqual(rotate());
    });
  });

  describe('GIVEN a budget', () => {
    it('WHEN the bucket is empty THEN it holds until one token is earned', () => {
      const history = row({ budget: { tokens: 0, at: NOW - 6 * 60 * SECOND } });
      expect(given({ history })).toEqual(hold('flapping', 2 * 60 * SECOND));
      expect(given({ history, now: NOW + 2 * 60 * SECOND })).toEqual(rotate());
    });
    it('WHEN the bucket is empty THEN not even a proof rotates', () => {
      expect(given({ history: row({ budget: { tokens: 0, at: NOW } }), signal: proof('live-version') })).toMatchObject({ reason: 'flapping' });
    });
    it('WHEN it rotates THEN one token is paid and the bucket never overflows', () => {
      expect(given({ history: row({ budget: { tokens: 9.5, at: CREATED } }) })).toEqual(rotate({ budget: { tokens: 9, at: NOW } }));
    });
    it('WHEN the clock steps back THEN nothing is taken away', () => {
      expect(given({ history: row({ budget: { tokens: 1, at: NOW + SECOND } }) })).toEqual(rotate({ budget: { tokens: 0, at: NOW } }));
    });
  });

  describe('GIVEN the end of a tunnel', () => {
    it.each<[string, Partial<Situation>, object]>([
      ['closed with a row', { observation: { kind: 'closed' } }, retire('tunnel-closed')],
      ['unknown with a row', { observation: { kind: 'unknown' } }, retire('unknown-tunnel')],
      ['closed without a row', { observation: { kind: 'closed' }, history: undefined }, hold('tunnel-closed')],
      ['unknown without a row, as a forged id is', { observation: { kind: 'unknown' }, history: undefined }, hold('unknown-tunnel')],
    ])('WHEN it is %s THEN only what is ours is retired', (_, situation, expected) => {
      expect(given(situation)).toEqual(expected);
    });
  });

  describe('GIVEN a signal that found nothing to do', () => {
    it.each<[string, Partial<Situation>, number | undefined]>([
      ['it is new', { signal: hint() }, FIRST_PAUSE],
      ['it was rechecked once', { signal: hint({ attempt: 1 }) }, SECOND_PAUSE],
      ['its pauses are used up', { signal: hint({ attempt: DEFAULT_POLICY.recheckPauses.length }) }, undefined],
      ['it came from the sweep', { signal: hint({ via: 'sweep' }) }, undefined],
      ['a token was delivered since it came', { signal: hint({ since: NOW - 400 * SECOND }) }, undefined],
    ])('WHEN %s THEN it is looked at again only as long as that helps', (_, situation, recheckAfter) => {
      expect(given({ observation: connected, ...situation })).toEqual(hold('connected', recheckAfter));
    });
  });
});
