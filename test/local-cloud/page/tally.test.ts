import type { FeedEvent } from '../../../local-cloud/admin/feed-event';
import { Tally } from '../../../local-cloud/page/tally';

type At = FeedEvent & { readonly at: number };
const source = (type: 'connected' | 'dropped', at: number, tunnelId = 't'): At => ({ type, tunnelId, side: 'source', at });
const rotated = (at: number, tunnelId = 't'): At => ({ type: 'rotated', tunnelId, by: 'rotator', at });
const delivered = (at: number, tunnelId = 't'): At => ({ type: 'delivered', secret: `tokens/stack/${tunnelId}/source`, by: 'rotator', at });

const count = (events: readonly At[], open = true) => {
  const tally = new Tally(() => open);
  events.forEach(tally.add);
  return tally.numbers;
};
const none = { median: undefined, p99: undefined };

test.each<[string, At[], object]>([
  ['nothing happened', [], { drops: 0, recovered: 0, rotations: 0, toVault: none, toConnection: none }],
  ['a tunnel is used for the first time', [source('connected', 5)], { drops: 0, recovered: 0 }],
  ['a source drops and comes back', [source('dropped', 100), rotated(150), delivered(180), source('connected', 250)],
    { drops: 1, recovered: 1, rotations: 1, toVault: { median: 80, p99: 80 }, toConnection: { median: 150, p99: 150 } }],
  ['it is not back yet', [source('dropped', 100), rotated(150)], { drops: 1, recovered: 0, rotations: 1, toConnection: none }],
  ['a cut is shown as a drop', [{ type: 'cut', tunnelId: 't', at: 100 }, source('dropped', 101), source('connected', 200)], { drops: 1, toConnection: { median: 100, p99: 100 } }],
  ['a silent drop is shown when the rotation ends what was left', [{ type: 'silenced', tunnelId: 't', at: 100 }, rotated(200), source('dropped', 200), delivered(220), source('connected', 300)],
    { drops: 1, recovered: 1, toVault: { median: 120, p99: 120 }, toConnection: { median: 200, p99: 200 } }],
  ['it comes back with the token that it had', [source('dropped', 100), source('connected', 130)], { drops: 1, recovered: 1, rotations: 0, toVault: none, toConnection: { median: 30, p99: 30 } }],
  ['the destination drops', [{ type: 'dropped', tunnelId: 't', side: 'destination', at: 1 }], { drops: 0 }],
  ['a secret of somebody else is written', [source('dropped', 100), delivered(180, 'other')], { toVault: none }],
  ['two are under way', [source('dropped', 0, 'a'), source('dropped', 0, 'b'), delivered(10, 'b'), delivered(30, 'a'), source('connected', 40, 'a'), source('connected', 20, 'b')],
    { drops: 2, recovered: 2, toVault: { median: 10, p99: 30 }, toConnection: { median: 20, p99: 40 } }],
])('GIVEN %s THEN it is counted so', (_, events, expected) => {
  expect(count(events)).toMatchObject(expected);
});

test('GIVEN a tunnel that was closed THEN its end is no drop', () => {
  expect(count([source('dropped', 100)], false)).toMatchObject({ drops: 0 });
});

test('GIVEN a hundred recoveries THEN the 99th percentile is the second slowest, one that was measured', () => {
  const events = Array.from({ length: 100 }, (_, index) => [source('dropped', 0, `t${index}`), source('connected', index + 1, `t${index}`)]).flat();
  expect(count(events).toConnection).toEqual({ median: 50, p99: 99 });
});

test('GIVEN more recoveries than are kept THEN the latest count', () => {
  const events = Array.from({ length: 5_000 }, (_, index) => [source('dropped', 0), source('connected', index < 3_000 ? 7 : 9)]).flat();
  expect(count(events)).toMatchObject({ recovered: 5_000, toConnection: { median: 9, p99: 9 } });
});
