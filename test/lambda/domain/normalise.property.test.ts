import fc from 'fast-check';
import { normalise, toMessage } from '../../../lambda/domain/normalise';
import type { Signal } from '../../../lambda/domain/vocabulary';
import { Confidential } from '../../../lib/confidential';
import { sourceSecretName } from '../../../lib/runtime-contract';

import { CASES } from '../../support/cases';
const SENT_AT = 1_700_000_000_000;
const FAULTS = [
  'not-json', 'not-an-object', 'via-unknown', 'kind-unknown', 'tunnel-id-missing', 'tunnel-id-invalid', 'thing-name-invalid', 'client-mode-unknown',
  'proof-invalid', 'destination-config-invalid', 'since-invalid', 'attempt-invalid',
];

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-';
const text = (alphabet: string, minLength: number) => fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength: 128 });
/** As AWS allows them, the odd characters as often as the letters. */
const tunnelId = fc.oneof(text(`${LETTERS}+=:`, 1), text('+=:_-', 1));
const thingName = text(`${LETTERS}:`, 1);
const proof = text(LETTERS, 32);
const count = fc.nat(Number.MAX_SAFE_INTEGER);
const destinationConfig = fc.record({ thingName, services: fc.array(thingName, { minLength: 1, maxLength: 3 }) }, { requiredKeys: ['services'] });

const signal: fc.Arbitrary<Signal> = fc.record({
  tunnelId, thingName: fc.option(thingName, { nil: undefined }), destinationConfig: fc.option(destinationConfig, { nil: undefined }),
  sides: fc.constantFrom<Signal['sides'][]>(['source'], ['destination'], ['source', 'destination']),
  kind: fc.constantFrom('drop', 'token-request'), via: fc.constantFrom('mqtt', 'eventbridge', 'presence', 'sweep'),
  proof: fc.option(proof.map((value) => new Confidential(value)), { nil: undefined }),
  since: count, attempt: count, unknownSince: fc.option(count, { nil: undefined }),
});

/** Right values and wrong ones, in each field, in any company. */
const odd = fc.oneof(fc.jsonValue(), fc.string(), fc.constantFrom('', '%', '%zz', '%2', '../x', 'constructor', '__proto__', -1, 1.5, 1e300, null, [], {}));
const or = (right: fc.Arbitrary<unknown>) => fc.oneof({ arbitrary: right, weight: 4 }, { arbitrary: odd, weight: 1 });
const fields = fc.record({
  tunnelId: or(tunnelId.map(encodeURIComponent)), thingName: or(thingName), proof: or(proof), destinationConfig: or(destinationConfig),
  clientMode: or(fc.constantFrom('SOURCE', 'DESTINATION', 'ALL')), kind: or(fc.constantFrom('drop', 'token-request')),
  via: or(fc.constantFrom('mqtt', 'eventbridge', 'presence', 'sweep')), since: or(count), attempt: or(count), unknownSince: or(count),
}, { requiredKeys: [] });
const event = fc.record({ 'detail-type': or(fc.constantFrom('Tunnel Disconnected', 'Tunnel Token Requested')), detail: or(fields), source: odd }, { requiredKeys: ['detail-type'] });
const json = (value: fc.Arbitrary<unknown>) => value.map((each) => JSON.stringify(each));

describe('normalise', () => {
  it.each<[string, fc.Arbitrary<string>]>([
    ['any text', fc.string({ unit: 'binary' })],
    ['any JSON', fc.json()],
    ['what an IoT rule selects, or somebody else put there', json(fields)],
    ['an EventBridge event, right or wrong', json(event)],
  ])('GIVEN %s THEN it is a signal, a presence or a fault that has a name, and names nothing else', (_, bodies) => {
    fc.assert(fc.property(bodies, (body) => {
      const normalised = normalise(body, SENT_AT);
      if (!normalised.ok) {
        expect(Object.keys(normalised)).toEqual(['ok', 'fault']);
        expect(FAULTS).toContain(normalised.fault);
      } else if ('signal' in normalised) {
        expect(normalised.signal.tunnelId).toMatch(/^[a-zA-Z0-9_\-+=:]{1,128}$/);
        expect([normalised.signal.since, normalised.signal.attempt].every((each) => Number.isSafeInteger(each) && each >= 0)).toBe(true);
        expect(normalise(toMessage(normalised.signal), 0)).toEqual(normalised); // what was taken once is taken again
      } else {
        expect(normalise(toMessage(normalised.presence), 0)).toEqual(normalised);
      }
    }), CASES);
  });

  it('GIVEN any signal WHEN it goes through the queue THEN it comes back as it was, its proof too', () => {
    fc.assert(fc.property(signal, (sent) => {
      const normalised = normalise(toMessage(sent), SENT_AT);
      if (!normalised.ok || !('signal' in normalised)) throw new Error('it is no signal any more');
      expect({ ...normalised.signal, proof: undefined }).toEqual({ ...sent, proof: undefined });
      expect(normalised.signal.proof?.reveal()).toBe(sent.proof?.reveal());
    }), CASES);
  });

  it('GIVEN any tunnel id WHEN it is a level of a topic THEN the level holds nothing that MQTT reads otherwise, and leads back to the id', () => {
    fc.assert(fc.property(tunnelId, (id) => {
      const level = encodeURIComponent(id);
      expect(level).not.toMatch(/[+#/\0]/);
      expect(normalise(JSON.stringify({ tunnelId: level, via: 'mqtt' }), SENT_AT)).toMatchObject({ ok: true, signal: { tunnelId: id } });
    }), CASES);
  });

  it('GIVEN any tunnel id THEN its secret has a name that Secrets Manager takes, and that tells the id', () => {
    fc.assert(fc.property(tunnelId, (id) => {
      const name = sourceSecretName('tunnels', id);
      expect(name).toMatch(/^[a-zA-Z0-9/_+=.@-]{1,512}$/);
      expect(name.split('/')[1].replaceAll('.', ':')).toBe(id);
    }), CASES);
  });
});
