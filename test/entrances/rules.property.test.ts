import fc from 'fast-check';
import { parseSql, type RuleStatement } from '../../local-cloud/iot/sql';
import { normalise } from '../../lambda/domain/normalise';
import { ClientMode, DisconnectSource } from '../../lib';
import { rotatorStack } from '../lib/synth';
import { CASES, odd, or } from '../support/cases';

/** The MQTT topics: whatever is published there goes through the rules of the template, and what they select is a signal, a presence or a fault with a name. */
const { template } = rotatorStack({
  clientModes: [ClientMode.SOURCE, ClientMode.DESTINATION], disconnectSources: [DisconnectSource.mqtt(), DisconnectSource.thingPresence()],
});
const all: RuleStatement[] = Object.values(template().findResources('AWS::IoT::TopicRule')).map(({ Properties }) => parseSql(Properties.TopicRulePayload.Sql));
const rules = all.filter(({ topicFilter }) => topicFilter.startsWith('tunnels/'));
const [presence] = all.filter(({ topicFilter }) => topicFilter.startsWith('$aws/'));

const level = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_:=.% ä'), minLength: 1, maxLength: 40 });
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each)),
  fc.record({ proof: or(fc.constant('p'.repeat(43))), clientMode: or(fc.constant('SOURCE')), destinationConfig: odd, kind: odd, via: odd, tunnelId: odd, thingName: odd, since: odd, attempt: odd, clientId: odd, timestamp: odd }, { requiredKeys: [] })
    .map((payload) => Buffer.from(JSON.stringify(payload))),
);
const NOW = 1_700_000_000_000;

test('there are rules to try', () => expect([rules.length, all.length]).toEqual([4, 5]));

test('GIVEN any bytes on any signal topic THEN what the rule selects is a signal about the tunnel of that topic, or a named fault', () => {
  fc.assert(fc.property(fc.constantFrom(...rules), level, level, bytes, (rule, thing, tunnel, payload) => {
    const topic = rule.topicFilter.replace('+/+', () => `${thing}/${tunnel}`).replace('+', () => tunnel);
    const message = rule.select({ topic, payload }, NOW);
    if (message === undefined) return; // it is no message at all
    const normalised = normalise(JSON.stringify(message), NOW);
    if (!normalised.ok) return expect(normalised.fault).toMatch(/^[a-z-]+$/);
    if (!('signal' in normalised)) throw new Error('a topic of signals tells of no presence');
    const { signal: { tunnelId, thingName, via, since, attempt } } = normalised;
    // Whose tunnel, over which way, when and how often: the topic and the service say so, never the payload.
    expect({ tunnelId, via, since, attempt }).toEqual({ tunnelId: decodeURIComponent(tunnel), via: 'mqtt', since: NOW, attempt: 0 });
    expect([undefined, thing]).toContain(thingName);
  }), CASES);
});

test('GIVEN any bytes on the topic of presence THEN it is the news of a thing, or a named fault', () => {
  fc.assert(fc.property(level, bytes, (client, payload) => {
    const message = presence.select({ topic: `$aws/events/presence/connected/${client}`, payload }, NOW);
    if (message === undefined) return;
    const normalised = normalise(JSON.stringify(message), NOW);
    if (normalised.ok) expect('presence' in normalised).toBe(true);
    else expect(normalised.fault).toMatch(/^[a-z-]+$/);
  }), CASES);
});
