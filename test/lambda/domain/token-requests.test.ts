import type { Situation } from '../../../lambda/domain/decide';
import type { Policy } from '../../../lambda/domain/policy';
import type { Deposit, History, Signal } from '../../../lambda/domain/vocabulary';
import { SECOND, CREATED, NOW, connected, droppedAt, row, hint, proof, given, hold, rotate, FIRST_PAUSE } from './situation';

describe('decide', () => {
  describe('GIVEN a token request', () => {
    const request = (over: Partial<Signal> = {}) => hint({ kind: 'token-request', ...over });
    const elsewhere = (over: Partial<Signal> = {}) =>
      request({ sides: ['destination'], via: 'eventbridge', destinationConfig: { thingName: 'd', services: ['SSH'] }, ...over });
    const both: Partial<Policy> = { sides: ['source', 'destination'] };
    const unusedToken = droppedAt(NOW - 300 * SECOND);
    const lies: Deposit = { current: 'live-version', versions: ['live-version'] };
    it.each<[string, Partial<Situation>, Partial<Policy>, object]>([
      ['nothing was ever used', { history: undefined, observation: droppedAt(undefined), signal: request() }, {}, rotate({ generation: 1 })],
      ['a delivered token was not used, and lies there', { observation: unusedToken, deposit: lies, signal: request() }, {}, hold('unused', FIRST_PAUSE)],
      ['a delivered token was not used, and nobody knows whether it lies there', { observation: unusedToken, signal: request() }, {}, hold('unused', FIRST_PAUSE)],
      ['a delivered token was not used, and was deleted', { observation: unusedToken, deposit: { versions: [] }, signal: request() }, {}, rotate()],
      ['a delivered token was deleted within settle', { history: row({ deliveredAt: NOW - SECOND }), observation: unusedToken, deposit: { versions: [] }, signal: request() }, {}, hold('settling', 9 * SECOND)],
      ['a token was delivered since it was asked for', { history: row({ deliveredAt: NOW - 20 * SECOND, fence: NOW }), signal: request({ since: NOW - 30 * SECOND }) }, {}, hold('unused')],
      ['a token was delivered a moment before, and used', { history: row({ deliveredAt: NOW - SECOND }), signal: request() }, {}, hold('settling', 9 * SECOND)],
      ['the side is connected', { observation: connected, signal: request() }, {}, hold('connected', FIRST_PAUSE)],
      ['grace is set', { signal: request() }, { grace: 60 * SECOND }, rotate()],
      ['it redirects the destination of a source', { signal: request({ destinationConfig: { services: ['SSH'] } }) }, both, hold('destination-config-refused')],
      ['it is for a destination without thing, and names one', {
        side: 'destination', observation: { ...droppedAt(CREATED), thingName: undefined, destination: { status: 'DISCONNECTED' } },
        signal: request({ sides: ['destination'], via: 'eventbridge', destinationConfig: { thingName: 'd', services: ['SSH'] } }),
      }, { ...both, redirection: true }, rotate()],
      ['it redirects, but the deployment allows nobody to', { side: 'destination', signal: elsewhere() }, both, hold('redirection-refused')],
      ['it redirects over a way in that does not name its sender', { side: 'destination', signal: elsewhere({ via: 'mqtt' }) }, { ...both, redirection: true }, hold('redirection-refused')],
    ])('WHEN %s THEN it is served unless that would break something', (_, situation, policy, expected) => {
      expect(given(situation, policy)).toEqual(expected);
    });
  });

  describe('GIVEN budgets for drops and for requests', () => {
    const first = { history: undefined, observation: droppedAt(undefined) };
    const request = (over: Partial<Signal> = {}) => hint({ kind: 'token-request', ...over });
    const spentOn = (over: Partial<History>): Partial<Situation> => ({ history: { generation: 0, ...over }, observation: droppedAt(undefined), signal: request() });
    it.each<[string, Partial<Situation>, object]>([
      ['a token is asked for', { ...first, signal: request() }, rotate({ budget: { tokens: 9, at: NOW }, requests: { tokens: 2, at: NOW } })],
      ['it was asked for too often', spentOn({ requests: { tokens: 0, at: NOW - 1800 * SECOND } }), hold('asked-too-often', 1802 * SECOND)],
      ['it was asked for too often, and this is a recheck', { ...spentOn({ requests: { tokens: 0, at: NOW } }), signal: request({ attempt: 1 }) }, hold('asked-too-often')],
      ['one drop\'s worth is left', spentOn({ budget: { tokens: 1, at: NOW } }), hold('flapping', 482 * SECOND)],
      ['it was asked for too often, but the side dropped', { history: row({ requests: { tokens: 0, at: NOW } }), signal: request() }, rotate({ budget: { tokens: 8.625, at: NOW } })],
      ['it was asked for too often, but its owner proves the drop', { history: row({ requests: { tokens: 0, at: NOW } }), signal: proof('live-proof') }, rotate({ proven: true })],
    ])('WHEN %s THEN wishes can\'t use up what drops need', (_, situation, expected) => {
      expect(given(situation)).toEqual(expected);
    });
    it('WHEN it was only asked for THEN nothing dropped, so there is no recovery time', () => {
      const droppedAtOf = (situation: Partial<Situation>) => {
        const decision = given(situation);
        return decision.kind === 'rotate' ? decision.episode.droppedAt : 'not rotated';
      };
      expect(droppedAtOf({ ...first, signal: request() })).toBeUndefined();
      expect(droppedAtOf({ signal: request() })).toBeUndefined();
      expect(droppedAtOf({ signal: hint() })).toBe(NOW - SECOND);
    });
  });
});
