import { normalise, toMessage } from '../../../lambda/domain/normalise';
import { Confidential } from '../../../lib/confidential';
import type { Signal } from '../../../lambda/domain/vocabulary';

const SENT_AT = 1_700_000_000_000;
const PROOF = 'Zm9yLXRlc3RzLW9ubHktTE9DQUxDQVQtcHJvb2YtMDE';
const proof = new Confidential(PROOF);
const parse = (body: unknown) => normalise(typeof body === 'string' ? body : JSON.stringify(body), SENT_AT);
const signal = (over: Partial<Signal> = {}) => ({
  ok: true, signal: { tunnelId: 't-1', sides: ['source'], kind: 'drop', via: 'mqtt', proof: undefined, thingName: undefined, destinationConfig: undefined, since: SENT_AT, attempt: 0, ...over },
});
const event = (detail: unknown) => ({ version: '0', source: 'fleet.agents', 'detail-type': 'Tunnel Disconnected', detail });

describe('normalise', () => {
  it.each<[string, unknown, object]>([
    ['what the IoT rule selects', { tunnelId: 't-1', via: 'mqtt' }, signal()],
    ['a proof', { tunnelId: 't-1', via: 'mqtt', proof: PROOF }, signal({ proof })],
    ['a percent-encoded topic level', { tunnelId: 'a%2Bb%3Ac%3D', via: 'mqtt' }, signal({ tunnelId: 'a+b:c=' })],
    ['an EventBridge event', event({ tunnelId: 't-1' }), signal({ via: 'eventbridge' })],
    ['an EventBridge event with proof', event({ tunnelId: 't-1', proof: PROOF }), signal({ via: 'eventbridge', proof })],
    ['an EventBridge event that claims to be old and looked at', event({ tunnelId: 't-1', since: 5, attempt: 4, kind: 'token-request' }), signal({ via: 'eventbridge' })],
    ['a thing level of the topic', { tunnelId: 't-1', via: 'mqtt', thingName: 'device-1' }, signal({ thingName: 'device-1' })],
    ['an EventBridge event that says it is the sweep', event({ tunnelId: 't-1', via: 'sweep' }), signal({ via: 'eventbridge' })],
    ['a source', { tunnelId: 't-1', via: 'mqtt', clientMode: 'SOURCE' }, signal()],
    ['a destination', { tunnelId: 't-1', via: 'mqtt', clientMode: 'DESTINATION' }, signal({ sides: ['destination'] })],
    ['both sides', { tunnelId: 't-1', via: 'mqtt', clientMode: 'ALL' }, signal({ sides: ['source', 'destination'] })],
    ['a token request', { tunnelId: 't-1', via: 'mqtt', kind: 'token-request' }, signal({ kind: 'token-request' })],
    ['a token request as an event', { 'detail-type': 'Tunnel Token Requested', detail: { tunnelId: 't-1' } }, signal({ kind: 'token-request', via: 'eventbridge' })],
    ['a destination of its own', { tunnelId: 't-1', via: 'mqtt', kind: 'token-request', clientMode: 'ALL', destinationConfig: { thingName: 'd', services: ['SSH'] } },
      signal({ kind: 'token-request', sides: ['source', 'destination'], destinationConfig: { thingName: 'd', services: ['SSH'] } })],
    ['a device that came online', { via: 'presence', thingName: 'device-1', since: 5 }, { ok: true, presence: { thingName: 'device-1', since: 5, attempt: 0 } }],
    ['a presence that led to a tunnel', { via: 'presence', tunnelId: 't-1', clientMode: 'DESTINATION' }, signal({ via: 'presence', sides: ['destination'] })],
  ])('GIVEN %s THEN it is a signal', (_, body, expected) => {
    expect(parse(body)).toEqual(expected);
  });

  it.each<[string, unknown, string]>([
    ['text that is no JSON', '{"tunnelId":', 'not-json'],
    ['nothing', '', 'not-json'],
    ['a list', '[]', 'not-an-object'],
    ['null', 'null', 'not-an-object'],
    ['no way in', { tunnelId: 't-1' }, 'via-unknown'],
    ['an unknown way in', { tunnelId: 't-1', via: 'post' }, 'via-unknown'],
    ['no tunnel id', { via: 'mqtt' }, 'tunnel-id-missing'],
    ['an empty tunnel id', { via: 'mqtt', tunnelId: '' }, 'tunnel-id-missing'],
    ['a tunnel id with a slash', { via: 'mqtt', tunnelId: '../other' }, 'tunnel-id-invalid'],
    ['a tunnel id that is no text', { via: 'mqtt', tunnelId: 7 }, 'tunnel-id-invalid'],
    ['a tunnel id too long', { via: 'mqtt', tunnelId: 'x'.repeat(129) }, 'tunnel-id-invalid'],
    ['a broken escape', { via: 'mqtt', tunnelId: '%zz' }, 'tunnel-id-invalid'],
    ['an unknown client mode', { via: 'mqtt', tunnelId: 't-1', clientMode: 'BOTH' }, 'client-mode-unknown'],
    ['a client mode that every object has', { via: 'mqtt', tunnelId: 't-1', clientMode: 'constructor' }, 'client-mode-unknown'],
    ['an unknown kind', { via: 'mqtt', tunnelId: 't-1', kind: 'rotate' }, 'kind-unknown'],
    ['a destination without services', { via: 'mqtt', tunnelId: 't-1', destinationConfig: { thingName: 'd' } }, 'destination-config-invalid'],
    ['a thing name that is none', { via: 'presence', thingName: 'a b' }, 'thing-name-invalid'],
    ['a proof too short', { via: 'mqtt', tunnelId: 't-1', proof: 'p1' }, 'proof-invalid'],
    ['a proof that is no text', { via: 'mqtt', tunnelId: 't-1', proof: {} }, 'proof-invalid'],
    ['a tunnel with a thing name that is none', { via: 'mqtt', tunnelId: 't-1', thingName: 'a b' }, 'thing-name-invalid'],
    ['a negative attempt', { via: 'mqtt', tunnelId: 't-1', attempt: -1 }, 'attempt-invalid'],
    ['a time that is no number', { via: 'mqtt', tunnelId: 't-1', since: 'now' }, 'since-invalid'],
    ['an event without detail', { 'detail-type': 'Tunnel Disconnected' }, 'tunnel-id-missing'],
  ])('GIVEN %s THEN the fault is named and nothing of the body is repeated', (_, body, fault) => {
    expect(parse(body)).toEqual({ ok: false, fault });
  });

  it('GIVEN a signal THEN its message brings it back unchanged, however late', () => {
    const before: Signal = {
      tunnelId: 'a+b:c', sides: ['source', 'destination'], kind: 'token-request', via: 'eventbridge', proof, thingName: 'device-1',
      destinationConfig: { thingName: 'd', services: ['SSH'] }, since: 5, attempt: 3,
    };
    expect(normalise(toMessage(before), SENT_AT)).toEqual({ ok: true, signal: before });
  });

  it('GIVEN a signal with proof THEN nothing but its message shows the proof', () => {
    const { signal: read } = parse({ tunnelId: 't-1', via: 'mqtt', proof: PROOF }) as { signal: Signal };
    expect(read.proof?.reveal() === PROOF).toBe(true);
    expect(JSON.stringify(read)).not.toContain(PROOF);
    expect(toMessage(read)).toContain(PROOF);
  });

  it('GIVEN a presence THEN its message brings it back unchanged', () => {
    const before = { thingName: 'device-1', since: 5, attempt: 1 };
    expect(normalise(toMessage(before), SENT_AT)).toEqual({ ok: true, presence: before });
  });
});
