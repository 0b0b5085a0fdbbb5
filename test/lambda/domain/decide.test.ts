import type { Situation } from '../../../lambda/domain/decide';
import { DEFAULT_POLICY, type Policy } from '../../../lambda/domain/policy';
import type { OpenTunnel } from '../../../lambda/domain/vocabulary';
import { SECOND, CREATED, NOW, tunnel, connected, droppedAt, hash, row, hint, proof, given, hold, retire, rotate, FIRST_PAUSE, SECOND_PAUSE } from './situation';

/** The next look may be by a clock behind ours. */
const CLOCKS_APART = 2 * SECOND;

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

    it('WHEN it died after an earlier delivery, and so left no fence, THEN any drop counts', () => {
      expect(given({ history: row({ fence: undefined }), observation: droppedAt(CREATED + 1) })).toEqual(rotate());
    });
    it('WHEN it lies within the tolerance after the opening THEN a timestamp within that is not beyond it: AWS may set the first one late', () => {
      const { firstUseTolerance } = DEFAULT_POLICY;
      expect(given({ history: row({ fence: CREATED + SECOND }), observation: droppedAt(CREATED + firstUseTolerance) })).toEqual(hold('unused', FIRST_PAUSE));
      expect(given({ history: row({ fence: CREATED + SECOND }), observation: droppedAt(CREATED + firstUseTolerance + 1) })).toEqual(rotate());
    });
  });

  describe('GIVEN a proof', () => {
    it.each<[string, Partial<Situation>, object]>([
      ['of the live token, while the service still says connected', { observation: connected, signal: proof('live-proof') }, rotate({ proven: true, droppedAt: NOW - 50 })],
      ['of the live token, within settle', { history: row({ deliveredAt: NOW - SECOND }), signal: proof('live-proof') }, rotate({ proven: true })],
      ['of an older token, while connected', { observation: connected, signal: proof('old-proof') }, hold('connected', FIRST_PAUSE)],
      ['of an older token, of a side beyond the fence', { signal: proof('old-proof') }, rotate({ proven: false })],
      ['without any row', { history: undefined, observation: connected, signal: proof('any-proof') }, hold('connected', FIRST_PAUSE)],
      ['of a row that never delivered', { history: { generation: 0 }, observation: connected, signal: hint() }, hold('connected', FIRST_PAUSE)],
    ])('WHEN it is %s THEN only the live one is believed', (_, situation, expected) => {
      expect(given(situation)).toEqual(expected);
    });
  });

  describe('GIVEN a claim', () => {
    const standing = { versionId: 'claimed-version', proofHash: hash('claimed-proof'), until: NOW };
    const expired = { versionId: 'claimed-version', proofHash: hash('claimed-proof'), until: NOW - 1 };
    it.each<[string, Partial<Situation>, object]>([
      ['it stands to the last millisecond', { history: row({ claim: standing }) }, hold('claimed', 1)],
      ['it stands and the sender has proof', { history: row({ claim: standing }), signal: proof('live-proof') }, hold('claimed', 1)],
      ['it stands and the tunnel closed', { history: row({ claim: standing }), observation: { kind: 'closed' } }, hold('claimed', 1)],
      ['it expired and nobody looked up what became of it', { history: row({ claim: expired }) }, hold('in-doubt', 0)],
      ['it expired, nobody looked, and the tunnel closed', { history: row({ claim: expired }), observation: { kind: 'closed' } }, hold('in-doubt', 0)],
    ])('WHEN %s THEN it is left alone, or its doubt is to be looked up', (_, situation, expected) => {
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
      expect(given({ history })).toEqual(hold('flapping', 2 * 60 * SECOND + CLOCKS_APART));
      expect(given({ history, now: NOW + 2 * 60 * SECOND })).toEqual(rotate());
    });
    it('WHEN a recheck finds it empty again THEN that was the last one, so that rechecks cannot pile up', () => {
      expect(given({ history: row({ budget: { tokens: 0, at: NOW } }), signal: hint({ attempt: 1 }) })).toEqual(hold('flapping'));
    });
    it('WHEN a recheck of a device\'s signal finds it empty THEN it comes back all the same: no sweep is behind it, and it may never speak again', () => {
      const observation = tunnel({ destination: { status: 'DISCONNECTED', lastUpdatedAt: NOW - SECOND } });
      const signal = hint({ sides: ['destination'], via: 'presence', attempt: 2 });
      expect(given({ side: 'destination', observation, history: row({ budget: { tokens: 0, at: NOW } }), signal }, { sides: ['destination'] }))
        .toEqual(hold('flapping', 8 * 60 * SECOND + CLOCKS_APART));
    });
    it('WHEN the bucket is empty THEN not even a proof rotates', () => {
      expect(given({ history: row({ budget: { tokens: 0, at: NOW } }), signal: proof('live-proof') })).toMatchObject({ reason: 'flapping' });
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
      ['unknown with a row', { observation: { kind: 'unknown' } }, hold('unknown-tunnel', 30 * SECOND)],
      ['unknown with a row, as it was a while ago', { observation: { kind: 'unknown' }, signal: hint({ unknownSince: NOW - 30 * SECOND }) }, retire('unknown-tunnel')],
      ['unknown with a row, as it was a moment ago', { observation: { kind: 'unknown' }, signal: hint({ unknownSince: NOW - SECOND }) }, hold('unknown-tunnel', 29 * SECOND)],
      ['open again', { signal: hint({ unknownSince: NOW - 30 * SECOND }) }, rotate()],
      ['closed without a row', { observation: { kind: 'closed' }, history: undefined }, hold('tunnel-closed')],
      ['unknown without a row, as a forged id is', { observation: { kind: 'unknown' }, history: undefined }, hold('unknown-tunnel')],
    ])('WHEN it is %s THEN only what is ours is retired', (_, situation, expected) => {
      expect(given(situation)).toEqual(expected);
    });
  });

  it.each<[string, Partial<Situation>, Partial<Policy>]>([
    ['claimed', { history: row({ claim: { versionId: 'v', proofHash: 'h', until: NOW + SECOND } }) }, {}],
    ['settling', { history: row({ deliveredAt: NOW - SECOND }) }, {}],
    ['grace', {}, { grace: 60 * SECOND }],
    ['in-doubt', { history: row({ claim: { versionId: 'v', proofHash: 'h', until: NOW - SECOND } }) }, {}],
    ['backing-off', { history: row({ refusal: { times: 2, until: NOW + SECOND } }) }, {}],
    ['connected', { observation: connected }, {}],
    ['unused', { observation: droppedAt(CREATED) }, {}],
  ])('GIVEN a hold for %s THEN it is rechecked a limited number of times', (reason, situation, policy) => {
    const last = DEFAULT_POLICY.recheckPauses.length;
    expect(given({ ...situation, signal: hint({ attempt: last - 1 }) }, policy)).toEqual(hold(reason, expect.any(Number)));
    expect(given({ ...situation, signal: hint({ attempt: last }) }, policy)).toEqual(hold(reason));
  });

  describe('GIVEN a signal that found nothing to do', () => {
    it.each<[string, Partial<Situation>, number | undefined]>([
      ['it is new', { signal: hint() }, FIRST_PAUSE],
      ['it was rechecked once', { signal: hint({ attempt: 1 }) }, SECOND_PAUSE],
      ['its pauses are used up', { signal: hint({ attempt: DEFAULT_POLICY.recheckPauses.length }) }, undefined],
      ['it came from the sweep', { signal: hint({ via: 'sweep' }) }, undefined],
      ['a token was made since it came', { signal: hint({ since: NOW - 400 * SECOND }) }, undefined],
      ['a token was made since, or just before, in the same second', { signal: hint({ since: NOW - 301 * SECOND }) }, FIRST_PAUSE],
      ['a clock an hour ahead wrote the delivery down', { history: row({ deliveredAt: NOW + 3600 * SECOND }) }, FIRST_PAUSE],
      ['a clock an hour behind wrote the delivery down', { history: row({ deliveredAt: NOW - 3900 * SECOND }), signal: hint({ since: NOW - 400 * SECOND }) }, undefined],
    ])('WHEN %s THEN it is looked at again only as long as that helps', (_, situation, recheckAfter) => {
      expect(given({ observation: connected, ...situation })).toEqual(hold('connected', recheckAfter));
    });
  });

  describe('GIVEN a drop that nobody proves, and a secret that somebody deleted before its token was read', () => {
    const unused = droppedAt(NOW - 300 * SECOND);
    it.each<[string, Partial<Situation>, object]>([
      ['a client that waits asks', { observation: unused, deposit: { versions: [] }, signal: proof('old-proof') }, rotate({ proven: false })],
      ['the sweep finds it', { observation: unused, signal: hint({ via: 'sweep' }) }, hold('unused')],
      ['somebody holds that token and is connected', { observation: connected, deposit: { versions: [] } }, hold('connected', FIRST_PAUSE)],
      ['none was ever delivered', { observation: droppedAt(CREATED), history: undefined, deposit: { versions: [] } }, hold('unused', FIRST_PAUSE)],
    ])('WHEN %s THEN it comes back if it was ours', (_, situation, expected) => {
      expect(given(situation)).toEqual(expected);
    });
  });

  describe('GIVEN a try that AWS refused', () => {
    const refused = (until: number) => ({ history: row({ refusal: { times: 3, until } }) });
    it.each<[string, Partial<Situation>, object]>([
      ['the pause is not over', refused(NOW + 7 * SECOND), hold('backing-off', 7 * SECOND)],
      ['the pause is not over, and the drop is proven', { ...refused(NOW + 7 * SECOND), signal: proof('live-proof') }, hold('backing-off', 7 * SECOND)],
      ['the pause is over', refused(NOW), rotate()],
      ['a clock far ahead wrote the pause down', refused(NOW + 3600 * SECOND), rotate()],
      ['there is nothing to do anyway', { ...refused(NOW + SECOND), observation: connected }, hold('connected', FIRST_PAUSE)],
    ])('WHEN %s THEN the next one waits for that, and for no budget', (_, situation, expected) => {
      expect(given(situation)).toEqual(expected);
    });
  });

  describe('GIVEN grace', () => {
    const grace = 20 * SECOND;
    const ago = (seconds: number) => droppedAt(NOW - seconds * SECOND);
    it('WHEN an unproven drop is fresh THEN a client that heals itself gets the rest of it', () => {
      expect(given({ observation: ago(5) }, { grace })).toEqual(hold('grace', 15 * SECOND));
    });
    it('WHEN the signal is old but the drop is new, as in a second blip, THEN it gets all of it', () => {
      expect(given({ observation: ago(1), signal: hint({ since: NOW - 300 * SECOND, attempt: 1 }) }, { grace })).toEqual(hold('grace', 19 * SECOND));
    });
    it.each([-3600, 3600])('WHEN our clock is %d s off THEN it is the service\'s time that counts', (off) => {
      expect(given({ observation: ago(5), history: undefined, now: NOW + off * SECOND }, { grace })).toEqual(hold('grace', 15 * SECOND));
      expect(given({ observation: ago(21), history: undefined, now: NOW + off * SECOND }, { grace })).toEqual(rotate());
    });
    it('WHEN it is over, or the drop is proven THEN it rotates', () => {
      expect(given({ observation: ago(20) }, { grace })).toEqual(rotate());
      expect(given({ observation: ago(1), signal: proof('live-proof') }, { grace })).toEqual(rotate({ proven: true }));
    });
  });

});
