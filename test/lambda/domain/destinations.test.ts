import type { Situation } from '../../../lambda/domain/decide';
import { DEFAULT_POLICY, type Policy } from '../../../lambda/domain/policy';
import type { OpenTunnel, Signal } from '../../../lambda/domain/vocabulary';
import { Confidential } from '../../../lib/confidential';
import { SECOND, NOW, tunnel, row, hint, given, hold, rotate, FIRST_PAUSE } from './situation';

describe('decide', () => {
  describe('GIVEN the destination side', () => {
    const both: Partial<Policy> = { sides: ['source', 'destination'] };
    const down = tunnel({ destination: { status: 'DISCONNECTED', lastUpdatedAt: NOW - SECOND } });
    const up = tunnel({ destination: { status: 'CONNECTED', lastUpdatedAt: NOW - SECOND } });
    const fresh = tunnel({ destination: { status: 'DISCONNECTED', lastUpdatedAt: NOW - 300 * SECOND } });
    const own = (over: Partial<Signal> = {}) => hint({ sides: ['destination'], ...over });
    const toThingless = (observation: OpenTunnel): OpenTunnel => ({ ...observation, thingName: undefined });
    it.each<[string, Partial<Situation>, Partial<Policy>, object]>([
      ['its device speaks for itself', { observation: down, signal: own() }, both, rotate({ proven: false })],
      ['its device came online', { observation: down, signal: own({ via: 'presence' }) }, both, rotate()],
      ['only the sweep noticed', { observation: down, signal: own({ via: 'sweep' }) }, both, hold('inaudible')],
      ['somebody else reports it', { observation: down, signal: own({ via: 'eventbridge' }) }, both, hold('inaudible')],
      ['the source spoke, not the device', { observation: down, signal: hint() }, both, hold('inaudible')],
      ['it is connected', { observation: up, signal: own() }, both, hold('connected', FIRST_PAUSE)],
      ['its token is not used, and the hint is not much younger', { history: row({ fence: NOW - 9 * SECOND }), observation: fresh, signal: own() }, both, hold('unused', FIRST_PAUSE)],
      ['its device still asks a while after its token was published', { history: row({ fence: NOW - 11 * SECOND }), observation: fresh, signal: own() }, both, rotate()],
      ['somebody else asks a while after its token was published', { observation: fresh, signal: own({ via: 'eventbridge' }) }, both, hold('inaudible')],
      ['its device came online after the token was published', { observation: fresh, signal: own({ via: 'presence' }) }, both, rotate()],
      ['its device still asks, and a clock an hour ahead wrote down when it was carried', { history: row({ deliveredAt: NOW + 3600 * SECOND }), observation: fresh, signal: own() }, both, rotate()],
      ['its device came online before that', { observation: fresh, signal: own({ via: 'presence', since: NOW - 400 * SECOND }) }, both, hold('unused')],
      ['somebody shows the proof of a source token', { observation: up, signal: own({ proof: new Confidential('live-proof') }) }, both, hold('connected', FIRST_PAUSE)],
      ['the tunnel names no thing', { observation: toThingless(down), signal: own() }, both, hold('inaudible')],
      ['the tunnel names no thing but there is a topic', { observation: toThingless(down), signal: own() }, { ...both, destinationTopic: true }, rotate()],
      ['the deployment serves sources only', { observation: down, signal: own() }, {}, hold('side-not-served')],
    ])('WHEN %s THEN it rotates only what a device can hear', (_, situation, policy, expected) => {
      expect(given({ side: 'destination', ...situation }, policy)).toEqual(expected);
    });

    it.each<[string, Partial<Situation>, Partial<Policy>]>([
      ['claimed', { history: row({ claim: { versionId: 'v', proofHash: 'h', until: NOW + SECOND } }) }, {}],
      ['settling', { history: row({ deliveredAt: NOW - SECOND }) }, {}],
      ['grace', {}, { grace: 60 * SECOND }],
      ['backing-off', { history: row({ refusal: { times: 2, until: NOW + SECOND } }) }, {}],
      ['flapping', { history: row({ budget: { tokens: 0, at: NOW } }) }, {}],
    ])('WHEN its device came online once, and a hold for %s ends by itself, THEN it is looked at again, however often that was done', (reason, situation, policy) => {
      const online = own({ via: 'presence', attempt: DEFAULT_POLICY.recheckPauses.length });
      expect(given({ side: 'destination', observation: down, signal: online, ...situation }, { ...both, ...policy })).toEqual(hold(reason, expect.any(Number)));
    });
  });
});
