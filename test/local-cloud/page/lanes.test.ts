import { aboutTunnel, episodesOf, extend, isUp, newLane, type Lane, type Told, type ToldOfTunnel } from '../../../local-cloud/page/client/lanes';
import { duration, phraseOf, valueOf } from '../../../local-cloud/page/client/words';

const row = { tunnelId: 't', thingName: 'pump-7', open: true, used: true, since: 1_000, shown: 'CONNECTED' } as const;
const told = (type: 'connected' | 'dropped' | 'cut' | 'silenced', at: number) => ({ type, tunnelId: 't', side: 'source', at }) as ToldOfTunnel;
const laneAfter = (...events: ToldOfTunnel[]): Lane => {
  const lane = newLane(row, 5_000, []);
  events.forEach((event) => extend(lane, event));
  return lane;
};
const spans = (lane: Lane) => lane.spans.map(({ kind, from, to }) => [kind, from, to]);

test.each<[string, ToldOfTunnel[], unknown[]]>([
  ['nothing happens', [], [['up', 1_000, undefined]]],
  ['it drops and comes back', [told('dropped', 6_000), told('connected', 7_000)], [['up', 1_000, 6_000], ['down', 6_000, 7_000], ['up', 7_000, undefined]]],
  ['a cut is shown as a drop', [told('cut', 6_000), told('dropped', 6_001)], [['up', 1_000, 6_000], ['down', 6_000, undefined]]],
  ['it falls silent, and the service learns of it late', [told('silenced', 6_000), told('dropped', 66_000), told('connected', 67_000)],
    [['up', 1_000, 6_000], ['silent', 6_000, 67_000], ['up', 67_000, undefined]]],
])('GIVEN a connected source WHEN %s THEN its lane shows that', (_, events, expected) => {
  expect(spans(laneAfter(...events))).toEqual(expected);
});

describe('GIVEN a page that is opened late', () => {
  test.each<[string, Partial<typeof row> | { since: undefined; used: boolean }, ToldOfTunnel[], unknown[]]>([
    ['a tunnel that nobody used has no past', { since: undefined, used: false }, [], []],
    ['what is down without a known past is down from now on', { since: undefined, used: true }, [], [['down', 5_000, undefined]]],
    ['what drops in its known past was connected before', {}, [told('dropped', 2_000), told('connected', 3_000)], [['up', 0, 2_000], ['down', 2_000, 3_000], ['up', 3_000, undefined]]],
    ['what is told and what is so fit', { since: undefined, used: true }, [told('connected', 2_000)], [['up', 2_000, 5_000], ['down', 5_000, undefined]]],
  ])('THEN %s', (_, differing, events, expected) => {
    expect(spans(newLane({ ...row, ...differing }, 5_000, events))).toEqual(expected);
  });
});

test('GIVEN two drops THEN each is an episode of its own, the latest first, with its times', () => {
  const delivered = (at: number) => ({ type: 'delivered', secret: 'p/t/source', by: 'r', tunnelId: 't', at }) as ToldOfTunnel;
  const lane = laneAfter(told('dropped', 6_000), delivered(6_100), told('connected', 6_200), told('cut', 7_000), told('dropped', 7_001), delivered(7_400));
  expect(episodesOf(lane).map(({ at, back, vault, told: all }) => [at, vault, back, all.length])).toEqual([[7_000, 400, undefined, 3], [6_000, 100, 200, 3]]);
  expect(isUp(lane)).toBe(false);
});

test('GIVEN a drop after the first connection THEN it is an episode of its own, and not part of what came before', () => {
  const lane = laneAfter(told('connected', 5_500), told('dropped', 6_000), told('connected', 6_200));
  expect(episodesOf(lane).map(({ at, back, told: all }) => [at, back, all.length])).toEqual([[6_000, 200, 2], [5_500, undefined, 1]]);
});

test('GIVEN a lane of many hours THEN it keeps what is new, and no more', () => {
  const lane = laneAfter(...Array.from({ length: 10_000 }, (_, index) => told(index % 2 ? 'connected' : 'dropped', 6_000 + index)));
  expect([lane.told.length, lane.spans.length]).toEqual([300, 200]);
  expect(lane.spans.at(-1)).toEqual({ kind: 'up', from: 15_999 });
});

test.each<[string, Told, string | undefined]>([
  ['a delivery, by a step of its secret\'s name', { type: 'delivered', secret: 'p/t/source', by: 'r', at: 1 }, 't'],
  ['a delivery of a secret that is no tunnel\'s', { type: 'delivered', secret: 'p/x/source', by: 'r', at: 1 }, undefined],
  ['a signal that names none', { type: 'signalled', queue: 'q', by: 'r', at: 1 }, undefined],
  ['the destination\'s side, which has no lane', { type: 'dropped', tunnelId: 't', side: 'destination', at: 1 }, undefined],
  ['a decision about the destination', { type: 'decided', functionName: 'f', message: 'm', tunnelId: 't', side: 'destination', at: 1 }, undefined],
])('%s', (_, event, expected) => {
  expect(aboutTunnel(event, (step) => step === 't')?.tunnelId).toBe(expected);
});

test.each<[Told, string]>([
  [{ type: 'decided', functionName: 'f', message: 'rotation held', tunnelId: 't', reason: 'connected', recheckAfter: 5_000, at: 1 },
    'held: the service says that it is connected, and nobody proved otherwise; looks again in 5.00 s'],
  [{ type: 'decided', functionName: 'f', message: 'rotation held', tunnelId: 't', reason: 'some-new-reason', at: 1 }, 'held: some new reason'],
  [{ type: 'decided', functionName: 'f', message: 'token rotated', tunnelId: 't', via: 'mqtt', withProof: true, generation: 3, at: 1 }, 'because: it dropped: told by MQTT, with proof; generation 3'],
  [{ type: 'signalled', queue: 'q', by: 'iot.amazonaws.com', at: 1 }, 'signalled: by IoT (MQTT)'],
  [{ type: 'rotated', tunnelId: 't', by: 'TunnelTokenRotator-RotatorRotatorFunctionC3FA1AE4-X', at: 1 }, 'rotated: by the rotator: the old token is dead'],
  [{ type: 'signalled', queue: 'q', by: 'TunnelTokenRotator-RotatorSweeperB1C0-X', at: 1 }, 'signalled: by the sweeper'],
])('%j reads as it should', (event, expected) => {
  const { title, text } = phraseOf(event);
  expect(`${title}: ${text}`).toBe(expected);
});

test.each([[0, '0 ms'], [999, '999 ms'], [1_234, '1.23 s'], [12_345, '12.3 s'], [61_000, '1 min 1 s'], [5_400_000, '1.5 h']])('%i ms is %s', (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});

test.each<[unknown, string]>([
  [7, '7'], [0.31624, '0.32'], [1_700_000_000_000, '1.00 s ago'], [1_700_000_003_000, 'in 2.00 s'], [1_700_000_000, '1.00 s ago'],
  ['38346010c10ec972087d65ae', '38346010…'], ['source', 'source'], [{ tokens: 3, at: 1_700_000_000_000 }, 'tokens 3'], [null, 'null'],
])('the ledger\'s %j is shown as %s', (value, text) => {
  expect(valueOf(value, 1_700_000_001_000)).toBe(text);
});
