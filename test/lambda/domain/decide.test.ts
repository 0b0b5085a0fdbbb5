import { decide, type Situation } from '../../../lambda/domain/decide';
import { DEFAULT_POLICY, type Policy } from '../../../lambda/domain/policy';
import { Confidential } from '../../../lib/confidential';
import type { Decision, Deposit, History, OpenTunnel, Signal } from '../../../lambda/domain/vocabulary';

const SECOND = 1_000;
const CREATED = 1_700_000_000_000;
const NOW = CREATED + 600 * SECOND;

const tunnel = (over: Partial<OpenTunnel> = {}): OpenTunnel => ({
  kind: 'open', at: NOW, createdAt: CREATED, expiresAt: CREATED + 720 * 60 * SECOND, services: ['SSH'], thingName: 'device-1', tags: {},
  destination: { status: 'CONNECTED', lastUpdatedAt: CREATED + SECOND },
  source: { status: 'DISCONNECTED', lastUpdatedAt: NOW - SECOND }, ...over,
});
const connected = tunnel({ source: { status: 'CONNECTED', lastUpdatedAt: NOW - 60 * SECOND } });
const droppedAt = (lastUpdatedAt: number | undefined) => tunnel({ source: { status: 'DISCONNECTED', lastUpdatedAt } });

const hash = (proof: string) => `hash of ${proof}`;
/** A row after one rotation, delivered long ago. */
const row = (over: Partial<History> = {}): History => ({
  generation: 1, fence: NOW - 300 * SECOND, versionId: 'live-version', proofHash: hash('live-proof'), deliveredAt: NOW - 300 * SECOND,
  budget: { tokens: 9, at: NOW - 300 * SECOND }, ...over,
});
const hint = (over: Partial<Signal> = {}): Signal => ({ tunnelId: 't', sides: ['source'], kind: 'drop', via: 'mqtt', since: NOW - 50, attempt: 0, ...over });
const proof = (value: string) => hint({ proof: new Confidential(value) });

const given = (over: Partial<Situation>, policy: Partial<Policy> = {}): Decision => {
  const { signal = hint() } = over;
  const proofHash = signal.proof && hash(signal.proof.reveal());
  return decide({ side: 'source', observation: tunnel(), history: row(), signal, proofHash, now: NOW, ...over }, { ...DEFAULT_POLICY, ...policy });
};

const hold = (reason: string, recheckAfter?: unknown) => ({ kind: 'hold', reason, recheckAfter });
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
      expect(given({ history })).toEqual(hold('flapping', 2 * 60 * SECOND));
      expect(given({ history, now: NOW + 2 * 60 * SECOND })).toEqual(rotate());
    });
    it('WHEN a recheck finds it empty again THEN that was the last one, so that rechecks cannot pile up', () => {
      expect(given({ history: row({ budget: { tokens: 0, at: NOW } }), signal: hint({ attempt: 1 }) })).toEqual(hold('flapping'));
    });
    it('WHEN a recheck of a device\'s signal finds it empty THEN it comes back all the same: no sweep is behind it, and it may never speak again', () => {
      const observation = tunnel({ destination: { status: 'DISCONNECTED', lastUpdatedAt: NOW - SECOND } });
      const signal = hint({ sides: ['destination'], via: 'presence', attempt: 2 });
      expect(given({ side: 'destination', observation, history: row({ budget: { tokens: 0, at: NOW } }), signal }, { sides: ['destination'] }))
        .toEqual(hold('flapping', 8 * 60 * SECOND));
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
  });

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

  describe('GIVEN a sender who is known as a thing', () => {
    it.each<[string, Partial<Situation>, object]>([
      ['the tunnel is its own', { signal: hint({ thingName: 'device-1' }) }, rotate()],
      ['the tunnel is another thing\'s', { signal: hint({ thingName: 'device-2' }) }, hold('foreign-thing')],
      ['it has the proof, but the tunnel is another thing\'s', { signal: { ...proof('live-proof'), thingName: 'device-2' } }, hold('foreign-thing')],
      ['the tunnel names no thing', { observation: tunnel({ thingName: undefined }), signal: hint({ thingName: 'device-1' }) }, hold('foreign-thing')],
    ])('WHEN %s THEN it is heard of its own tunnels only', (_, situation, expected) => {
      expect(given(situation)).toEqual(expected);
    });
  });

  describe('GIVEN a scope', () => {
    const theirs = hold('out-of-scope');
    it.each<[Policy['scope'], object]>([
      [{}, rotate()],
      [{ things: ['device-*'] }, rotate()],
      [{ things: ['pump-*', 'device-1'] }, rotate()],
      [{ things: ['*ev*c*-1'] }, rotate()],
      [{ things: ['device-1*1'] }, theirs],
      [{ things: ['*1*device*'] }, theirs],
      [{ things: ['device'] }, theirs],
      [{ things: ['device.1'] }, theirs],
      [{ services: ['RDP', 'SSH'] }, rotate()],
      [{ services: ['RDP'] }, theirs],
      [{ tags: {} }, rotate()],
      [{ tags: { team: 'blue' } }, theirs],
      [{ things: ['*'], services: ['RDP'] }, theirs],
    ])('WHEN it is %j THEN only tunnels that match all of it are ours', (scope, expected) => {
      expect(given({}, { scope })).toEqual(expected);
    });
    it('WHEN a pattern has many stars THEN a long name is judged at once', () => {
      const observation = tunnel({ thingName: 'a'.repeat(128) });
      const before = process.cpuUsage();
      expect(given({ observation }, { scope: { things: [`${'*a'.repeat(60)}*b`] } })).toEqual(theirs);
      expect(process.cpuUsage(before).user).toBeLessThan(100_000); // microseconds of work, where backtracking takes years
    });
    it('WHEN it names tags THEN all must be there', () => {
      const observation = tunnel({ tags: { team: 'blue', stage: 'prod' } });
      expect(given({ observation }, { scope: { tags: { team: 'blue' } } })).toEqual(rotate());
      expect(given({ observation }, { scope: { tags: { team: 'blue', stage: 'test' } } })).toEqual(theirs);
    });
    it('WHEN a request sends the destination\'s token to a thing outside it THEN that is not ours to do', () => {
      const observation = tunnel({ destination: { status: 'DISCONNECTED', lastUpdatedAt: NOW - SECOND } });
      const to = (thingName: string) => given({
        side: 'destination', observation,
        signal: hint({ kind: 'token-request', via: 'eventbridge', sides: ['destination'], destinationConfig: { thingName, services: ['SSH'] } }),
      }, { sides: ['destination'], redirection: true, scope: { things: ['device-*'] } });
      expect(to('device-2')).toEqual(rotate());
      expect(to('gate-1')).toEqual(theirs);
    });
    it('WHEN it names things and the tunnel has none THEN it is not ours', () => {
      expect(given({ observation: tunnel({ thingName: undefined }) }, { scope: { things: ['*'] } })).toEqual(theirs);
    });
    it('WHEN a tunnel out of scope ends THEN what we left there is retired all the same', () => {
      expect(given({ observation: { kind: 'closed' } }, { scope: { things: ['x'] } })).toEqual(retire('tunnel-closed'));
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

  describe('GIVEN budgets for drops and for requests', () => {
    const first = { history: undefined, observation: droppedAt(undefined) };
    const request = (over: Partial<Signal> = {}) => hint({ kind: 'token-request', ...over });
    const spentOn = (over: Partial<History>): Partial<Situation> => ({ history: { generation: 0, ...over }, observation: droppedAt(undefined), signal: request() });
    it.each<[string, Partial<Situation>, object]>([
      ['a token is asked for', { ...first, signal: request() }, rotate({ budget: { tokens: 9, at: NOW }, requests: { tokens: 2, at: NOW } })],
      ['it was asked for too often', spentOn({ requests: { tokens: 0, at: NOW - 1800 * SECOND } }), hold('asked-too-often', 1800 * SECOND)],
      ['it was asked for too often, and this is a recheck', { ...spentOn({ requests: { tokens: 0, at: NOW } }), signal: request({ attempt: 1 }) }, hold('asked-too-often')],
      ['one drop\'s worth is left', spentOn({ budget: { tokens: 1, at: NOW } }), hold('flapping', 480 * SECOND)],
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

  describe('GIVEN times that are strange', () => {
    const DAY = 86_400 * SECOND;
    const unused = droppedAt(NOW - 300 * SECOND);
    it.each<[string, Partial<Situation>, object]>([
      ['a hint is a day old, of a side that dropped', { signal: hint({ since: NOW - DAY }) }, rotate()],
      ['a hint is a day old, of a healthy side', { observation: connected, signal: hint({ since: NOW - DAY }) }, hold('connected')],
      ['a hint comes from the future, of a healthy side', { observation: connected, signal: hint({ since: NOW + DAY }) }, hold('connected', FIRST_PAUSE)],
      ['a request comes from the future, about a token that lies there', { observation: unused, deposit: { current: 'live-version', versions: ['live-version'] }, signal: hint({ kind: 'token-request', since: NOW + DAY }) }, hold('unused', FIRST_PAUSE)],
      ['a dead request is worked off a day later, about a token that lies there', { observation: unused, deposit: { current: 'live-version', versions: ['live-version'] }, signal: hint({ kind: 'token-request', since: NOW - DAY }) }, hold('unused')],
      ['our clock is an hour ahead, of a side at the fence', { observation: unused, now: NOW + 3600 * SECOND }, hold('unused', FIRST_PAUSE)],
      ['our clock is an hour behind, of a side at the fence', { observation: unused, now: NOW - 3600 * SECOND }, hold('unused', FIRST_PAUSE)],
      ['our clock is an hour ahead, of a healthy side', { observation: connected, now: NOW + 3600 * SECOND }, hold('connected', FIRST_PAUSE)],
      ['our clock is an hour behind, of a healthy side', { observation: connected, now: NOW - 3600 * SECOND }, hold('connected', FIRST_PAUSE)],
      ['our clock is an hour behind, of a side that dropped', { now: NOW - 3600 * SECOND }, rotate()],
      ['a clock an hour ahead wrote down when a token was delivered, of a side that dropped', { history: row({ deliveredAt: NOW + 3600 * SECOND }) }, rotate()],
      ['a clock an hour ahead wrote it down, of a token not used', { history: row({ deliveredAt: NOW + 3600 * SECOND }), observation: unused }, hold('unused', FIRST_PAUSE)],
      ['a clock an hour behind wrote it down, of a token not used', { history: row({ deliveredAt: NOW - 3900 * SECOND }), observation: unused }, hold('unused', FIRST_PAUSE)],
      ['a leap second repeats the second of the fence', { history: row({ fence: NOW }), observation: droppedAt(NOW - 500) }, hold('unused', FIRST_PAUSE)],
      ['a leap second repeats the second of a delivery', { history: row({ deliveredAt: NOW + SECOND }) }, hold('settling', 11 * SECOND)],
    ])('WHEN %s THEN no healthy side is disturbed and no unused token revoked', (_, situation, expected) => {
      expect(given(situation)).toEqual(expected);
    });
  });
});
