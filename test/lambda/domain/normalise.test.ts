import { normalise, toMessage } from '../../../lambda/domain/normalise';
import type { Signal } from '../../../lambda/domain/vocabulary';

const SENT_AT = 1_700_000_000_000;
const VERSION = '2f1c9a52-6f7e-4b7e-9a3d-0c1d2e3f4a5b';
const parse = (body: unknown) => normalise(typeof body === 'string' ? body : JSON.stringify(body), SENT_AT);
const signal = (over: Partial<Signal> = {}) => ({
  ok: true, signal: { tunnelId: 't-1', side: 'source', via: 'mqtt', proof: undefined, since: SENT_AT, attempt: 0, ...over },
});
const event = (detail: unknown) => ({ version: '0', source: 'fleet.agents', 'detail-type': 'Tunnel Disconnected', detail });

describe('normalise', () => {
  it.each<[string, unknown, object]>([
    ['what the IoT rule selects', { tunnelId: 't-1', via: 'mqtt' }, signal()],
    ['a proof', { tunnelId: 't-1', via: 'mqtt', versionId: VERSION }, signal({ proof: VERSION })],
    ['a percent-encoded topic level', { tunnelId: 'a%2Bb%3Ac%3D', via: 'mqtt' }, signal({ tunnelId: 'a+b:c=' })],
    ['an EventBridge event', event({ tunnelId: 't-1' }), signal({ via: 'eventbridge' })],
    ['an EventBridge event with proof', event({ tunnelId: 't-1', versionId: VERSION }), signal({ via: 'eventbridge', proof: VERSION })],
    ['an EventBridge event that says it is the sweep', event({ tunnelId: 't-1', via: 'sweep' }), signal({ via: 'eventbridge' })],
    ['the client mode that we serve', { tunnelId: 't-1', via: 'mqtt', clientMode: 'SOURCE' }, signal()],
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
    ['a client mode not served', { via: 'mqtt', tunnelId: 't-1', clientMode: 'DESTINATION' }, 'client-mode-unsupported'],
    ['a version id too short', { via: 'mqtt', tunnelId: 't-1', versionId: 'v1' }, 'version-id-invalid'],
    ['a version id that is no text', { via: 'mqtt', tunnelId: 't-1', versionId: {} }, 'version-id-invalid'],
    ['a negative attempt', { via: 'mqtt', tunnelId: 't-1', attempt: -1 }, 'attempt-invalid'],
    ['a time that is no number', { via: 'mqtt', tunnelId: 't-1', since: 'now' }, 'since-invalid'],
    ['an event without detail', { 'detail-type': 'Tunnel Disconnected' }, 'tunnel-id-missing'],
  ])('GIVEN %s THEN the fault is named and nothing of the body is repeated', (_, body, fault) => {
    expect(parse(body)).toEqual({ ok: false, fault });
  });

  it('GIVEN a signal THEN its message brings it back unchanged, however late', () => {
    const before: Signal = { tunnelId: 'a+b:c', side: 'source', via: 'eventbridge', proof: VERSION, since: 5, attempt: 3 };
    expect(normalise(toMessage(before), SENT_AT)).toEqual({ ok: true, signal: before });
  });
});
