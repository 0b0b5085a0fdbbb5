import { ratePeriod, ScheduleError } from '../../../local-cloud/eventbridge/schedule';
import { targetInput } from '../../../local-cloud/eventbridge/target-input';

const RULE = { name: 'rule', arn: 'arn:aws:events:eu-west-1:123456789012:rule/rule' };
const EVENT = { source: 'my', detail: { tunnelId: 'a"b', count: 3, list: ['x', 'y'], nested: { deep: true } } };

test.each([
  ['the whole event', {}, JSON.stringify(EVENT)],
  ['a constant', { Input: '{"a":1}' }, '{"a":1}'],
  ['a part', { InputPath: '$.detail.nested' }, '{"deep":true}'],
  ['a part that is not there', { InputPath: '$.detail.missing' }, 'null'],
  ['a template of JSON', {
    InputTransformer: { InputPathsMap: { id: '$.detail.tunnelId', n: '$.detail.count', second: '$.detail.list[1]' }, InputTemplate: '{"tunnelId":<id>,"n":<n>,"s":<second>,"via":"events"}' },
  }, '{"tunnelId":"a\\"b","n":3,"s":"y","via":"events"}'],
  ['a template of text', {
    InputTransformer: { InputPathsMap: { n: '$.detail.count', id: '$.detail.tunnelId' }, InputTemplate: '"<n> drops of <id> by <aws.events.rule-name>"' },
  }, '"3 drops of a\\"b by rule"'],
  ['a template where a path stands in text first, and as a value after', {
    InputTransformer: { InputPathsMap: { id: '$.detail.tunnelId' }, InputTemplate: '{"say":"see <id>, <id>","id":<id>,"quoted":"<id>"}' },
  }, '{"say":"see a\\"b, a\\"b","id":"a\\"b","quoted":"a\\"b"}'],
  ['a template where a path stands as a value first, and in text after', {
    InputTransformer: { InputPathsMap: { id: '$.detail.tunnelId', o: '$.detail.nested' }, InputTemplate: '{"id":<id>,"say":"the <id> \\"<id>\\"","o":<o>,"t":"<o> <x>"}' },
  }, '{"id":"a\\"b","say":"the a\\"b \\"a\\"b\\"","o":{"deep":true},"t":"{\\"deep\\":true} <x>"}'],
  ['a template that takes the event along', { InputTransformer: { InputTemplate: '{"event":<aws.events.event.json>}' } }, JSON.stringify({ event: EVENT })],
])('a target gets %s', (_, input, text) => {
  expect(targetInput(EVENT, input, RULE)).toBe(text);
});

test('a JSON path of another kind is refused by name', () => {
  expect(() => targetInput(EVENT, { InputPath: '$..detail' }, RULE)).toThrow("'$..detail'");
});

test.each([['rate(1 minute)', 60_000], ['rate(5 minutes)', 300_000], ['rate(1 hour)', 3_600_000], ['rate(2 days)', 172_800_000]])('%s', (expression, period) => {
  expect(ratePeriod(expression)).toBe(period);
});

test.each(['rate(1 minutes)', 'rate(5 minute)', 'rate(0 minutes)', 'cron(0 12 * * ? *)', 'often'])('%s is refused by name', (expression) => {
  expect(() => ratePeriod(expression)).toThrow(ScheduleError);
  expect(() => ratePeriod(expression)).toThrow(expression);
});
