import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { mockClient } from 'aws-sdk-client-mock';
import { ResourceNotFoundException, SecretsManagerClient, TagResourceCommand } from '@aws-sdk/client-secrets-manager';
import { BestEffortAnnouncer, eventBridgeChannel, mqttChannel, secretTagChannel } from '../../../lambda/adapters/announcers';
import { publisher } from '../../../lambda/adapters/broker';
import { eventPutter } from '../../../lambda/adapters/event-bus';
import type { Outcome, Signal } from '../../../lambda/domain/vocabulary';

const events = mockClient(EventBridgeClient);
const iot = mockClient(IoTDataPlaneClient);
const region = 'eu-west-1';
const bridge = eventBridgeChannel(eventPutter(new EventBridgeClient({ region })), 'default', 'prefix');
const mqtt = mqttChannel(publisher(new IoTDataPlaneClient({ region })), 'tunnels', 'prefix');
const failed: string[] = [];
const announcer = new BestEffortAnnouncer([bridge, mqtt], {
  announcementFailed: (tunnelId) => failed.push(tunnelId),
});
const signal = (over: Partial<Signal> = {}): Signal =>
  ({ tunnelId: 'a+b', sides: ['source'], kind: 'drop', via: 'mqtt', since: 1, attempt: 0, ...over });
const rotated: Outcome = { kind: 'rotated', side: 'source', generation: 3, recoveryTime: 900, committed: true };

beforeEach(() => {
  events.reset();
  iot.reset();
  failed.length = 0;
  events.on(PutEventsCommand).resolves({ Entries: [{ EventId: '1' }] });
  iot.on(PublishCommand).resolves({});
});

describe('the announcer', () => {
  it('GIVEN a rotation THEN the event names the tunnel, the secret and the generation, nothing that proves or opens', async () => {
    await announcer.announce(signal(), rotated);
    const [entry] = events.commandCalls(PutEventsCommand)[0].args[0].input.Entries ?? [];
    expect({ ...entry, Detail: JSON.parse(entry.Detail ?? '') }).toEqual({
      EventBusName: 'default', Source: 'tunnel-token-rotator', DetailType: 'Source Token Rotated',
      Detail: { tunnelId: 'a+b', clientMode: 'SOURCE', secretName: 'prefix/a+b/source', generation: 3, recoveryTime: 900 },
    });
  });

  it('GIVEN a tunnel id that no topic can hold THEN it is percent-encoded', async () => {
    await announcer.announce(signal(), rotated);
    const { topic, payload } = iot.commandCalls(PublishCommand)[0].args[0].input;
    expect(topic).toBe('tunnels/a%2Bb/announcements');
    expect(JSON.parse(Buffer.from(payload as Uint8Array).toString())).toMatchObject({ type: 'rotated', tunnelId: 'a+b' });
  });

  it.each<[string, Signal, Outcome, string | undefined]>([
    ['a hold that nobody waits for', signal(), { kind: 'held', side: 'source', reason: 'connected' }, undefined],
    ['flapping', signal(), { kind: 'held', side: 'source', reason: 'flapping', recheckAfter: 5 }, 'Rotation Held'],
    ['a request that is held', signal({ kind: 'token-request' }), { kind: 'held', side: 'source', reason: 'connected' }, 'Rotation Held'],
    ['its recheck', signal({ kind: 'token-request', attempt: 1 }), { kind: 'held', side: 'source', reason: 'connected' }, undefined],
    ['a destination\'s rotation', signal(), { ...rotated, side: 'destination' }, 'Destination Token Rotated'],
    ['an ended tunnel', signal(), { kind: 'retired', side: 'source', reason: 'tunnel-closed' }, 'Tunnel Retired'],
  ])('GIVEN %s THEN it is announced only if somebody waits for it', async (_, about, outcome, detailType) => {
    await announcer.announce(about, outcome);
    expect(events.commandCalls(PutEventsCommand)[0]?.args[0].input.Entries?.[0].DetailType).toBe(detailType);
  });

  it('GIVEN one channel refuses and an entry of the other fails THEN that is reported and nothing is thrown', async () => {
    iot.on(PublishCommand).rejects(new Error('no route'));
    events.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] });
    await announcer.announce(signal(), rotated);
    expect(failed).toEqual(['a+b', 'a+b']);
  });
});

describe('the tag on the secret', () => {
  const secrets = mockClient(SecretsManagerClient);
  const NOW = Date.parse('2026-01-01T12:00:00Z');
  const announceTo = new BestEffortAnnouncer([secretTagChannel(new SecretsManagerClient({ region }), 'prefix', () => NOW)], {
    announcementFailed: (tunnelId) => failed.push(tunnelId),
  });
  const flapping: Outcome = { kind: 'held', side: 'source', reason: 'flapping', recheckAfter: 480_000 };

  beforeEach(() => {
    secrets.reset();
    secrets.on(TagResourceCommand).resolves({});
  });

  it('GIVEN the source is held back THEN it says why, and until when', async () => {
    await announceTo.announce(signal(), flapping);
    expect(secrets.commandCalls(TagResourceCommand).map(({ args }) => args[0].input)).toEqual([{
      SecretId: 'prefix/a+b/source', Tags: [{ Key: 'tunnel-token-rotator:held', Value: 'flapping 2026-01-01T12:00:00.000Z 2026-01-01T12:08:00.000Z' }],
    }]);
  });

  it.each<[string, Outcome, Partial<Signal>]>([
    ['a rotation', rotated, {}],
    ['a destination', { ...flapping, side: 'destination' }, {}],
    ['a hold that nobody waits for', { kind: 'held', side: 'source', reason: 'connected' }, {}],
    ['a request while somebody is at it, whose delivery the tag would misdate', { kind: 'held', side: 'source', reason: 'claimed' }, { kind: 'token-request' }],
  ])('GIVEN %s THEN nothing is written', async (_, outcome, about) => {
    await announceTo.announce(signal(about), outcome);
    expect(secrets.commandCalls(TagResourceCommand)).toEqual([]);
  });

  it('GIVEN there is no secret to hang it on THEN that is no failure, but anything else is', async () => {
    secrets.on(TagResourceCommand).rejectsOnce(new ResourceNotFoundException({ message: 'none', $metadata: {} })).rejects(new Error('no route'));
    await announceTo.announce(signal(), flapping);
    expect(failed).toEqual([]);
    await announceTo.announce(signal(), flapping);
    expect(failed).toEqual(['a+b']);
  });
});
