import { compilePattern, PatternError } from '../../../local-cloud/eventbridge/pattern';

const EVENT = {
  'source': 'aws.ec2',
  'detail-type': 'EC2 Instance State-change Notification',
  'resources': ['arn:aws:ec2:us-east-1:123456789012:instance/i-1', 'arn:aws:ec2:us-east-1:123456789012:instance/i-2'],
  'detail': { 'state': 'running', 'count': 5, 'empty': '', 'nothing': null, 'flag': true, 'ip': '10.0.0.77', 'file': 'dir/image.PNG', 'owners': [{ name: 'a', age: 1 }, { name: 'b', age: 2 }], 'c-count': 301.8 },
};
const detail = (fields: object) => ({ detail: fields });

// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
const ROWS: readonly (readonly [string, object, boolean])[] = [
  ['an exact value', { source: ['aws.ec2'] }, true],
  ['another value', { source: ['aws.s3'] }, false],
  ['one of several values', { source: ['aws.s3', 'aws.ec2'] }, true],
  ['all fields must match', { source: ['aws.ec2'], detail: { state: ['stopped'] } }, false],
  ['a field that is not there', { missing: ['x'] }, false],
  ['an event\'s list matches if one of its values does', { resources: ['arn:aws:ec2:us-east-1:123456789012:instance/i-2'] }, true],
  ['an empty string', detail({ empty: [''] }), true],
  ['null', detail({ nothing: [null] }), true],
  ['null is not absent', detail({ missing: [null] }), false],
  ['a boolean', detail({ flag: [true] }), true],
  ['a number', detail({ count: [5] }), true],
  ['a number is no text', detail({ count: ['5'] }), false],
  ['prefix', { source: [{ prefix: 'aws.' }] }, true],
  ['prefix of something else', { source: [{ prefix: 'my.' }] }, false],
  ['prefix in any case', { source: [{ prefix: { 'equals-ignore-case': 'AWS.' } }] }, true],
  ['suffix', detail({ file: [{ suffix: '.PNG' }] }), true],
  ['suffix keeps case', detail({ file: [{ suffix: '.png' }] }), false],
  ['suffix in any case', detail({ file: [{ suffix: { 'equals-ignore-case': '.png' } }] }), true],
  ['equals-ignore-case', detail({ state: [{ 'equals-ignore-case': 'RUNNING' }] }), true],
  ['wildcard', detail({ file: [{ wildcard: 'dir/*.PNG' }] }), true],
  ['wildcard spans nothing too', detail({ file: [{ wildcard: 'dir/*image.PNG' }] }), true],
  ['wildcard with an escaped star', detail({ file: [{ wildcard: 'dir/\\*.PNG' }] }), false],
  ['anything-but a value, of an object', { detail: [{ 'anything-but': 'x' }] }, false],
  ['anything-but a value,  of a list of objects', detail({ owners: [{ 'anything-but': 'x' }] }), false],
  ['anything-but a value', detail({ state: [{ 'anything-but': 'initializing' }] }), true],
  ['anything-but a list', detail({ state: [{ 'anything-but': ['stopped', 'running'] }] }), false],
  ['anything-but numbers', detail({ count: [{ 'anything-but': [1, 2] }] }), true],
  ['anything-but needs the field', detail({ missing: [{ 'anything-but': 'x' }] }), false],
  ['anything-but a prefix', detail({ state: [{ 'anything-but': { prefix: 'run' } }] }), false],
  ['anything-but several suffixes', detail({ file: [{ 'anything-but': { suffix: ['.txt', '.rtf'] } }] }), true],
  ['anything-but in any case', detail({ state: [{ 'anything-but': { 'equals-ignore-case': ['RUNNING'] } }] }), false],
  ['anything-but a wildcard', detail({ file: [{ 'anything-but': { wildcard: '*/lib/*' } }] }), true],
  ['numeric equal', detail({ 'c-count': [{ numeric: ['=', 301.8] }] }), true],
  ['numeric range', detail({ count: [{ numeric: ['>', 0, '<=', 5] }] }), true],
  ['numeric range, beyond', detail({ count: [{ numeric: ['>', 0, '<', 5] }] }), false],
  ['numeric of a text', detail({ state: [{ numeric: ['>', 0] }] }), false],
  ['cidr', detail({ ip: [{ cidr: '10.0.0.0/24' }] }), true],
  ['cidr, outside', detail({ ip: [{ cidr: '10.0.1.0/24' }] }), false],
  ['cidr of something that is no address', detail({ state: [{ cidr: '10.0.0.0/24' }] }), false],
  ['exists', detail({ state: [{ exists: true }] }), true],
  ['exists, but doesn\'t', detail({ missing: [{ exists: true }] }), false],
  ['does not exist', detail({ missing: [{ exists: false }] }), true],
  ['only leaves exist', { detail: [{ exists: true }] }, false],
  ['$or, the second', { $or: [{ source: ['aws.s3'] }, { detail: { count: [5] } }] }, true],
  ['$or, none', { $or: [{ source: ['aws.s3'] }, { detail: { count: [6] } }] }, false],
  ['$or beside a field', { 'detail-type': ['other'], '$or': [{ source: ['aws.ec2'] }, { source: ['aws.s3'] }] }, false],
  ['fields of one object in a list', detail({ owners: { name: ['b'], age: [2] } }), true],
];

test.each(ROWS)('%s', (_, pattern, matches) => {
  expect(compilePattern(pattern)(EVENT)).toBe(matches);
});

test('events that are no objects match nothing', () => {
  const matches = compilePattern({ detail: { a: ['b'] } });
  expect([null, 'text', 5, [], { detail: 'text' }].map(matches)).toEqual([false, false, false, false, false]);
});

test.each([
  ['an unknown operator', { source: [{ regex: 'a.*' }] }, 'event.source: operator \'regex\''],
  ['two operators at once', { source: [{ prefix: 'a', suffix: 'b' }] }, 'prefix, suffix'],
  ['an unknown operator in anything-but', { source: [{ 'anything-but': { numeric: ['>', 0] } }] }, 'numeric'],
  ['a leaf that is no list', { source: 'aws.ec2' }, 'event.source'],
  ['an empty list', { source: [] }, 'event.source'],
  ['an empty pattern', {}, 'at least one field'],
  ['a numeric without a number', { detail: { n: [{ numeric: ['>', 'x'] }] } }, 'numeric'],
  ['a cidr that is none', { detail: { n: [{ cidr: '10.0.0.0' }] } }, 'cidr'],
  ['two stars in a row', { source: [{ wildcard: 'a**b' }] }, 'stars'],
  ['an exists that is no boolean', { source: [{ exists: 'yes' }] }, 'exists'],
  ['two operators in anything-but', { source: [{ 'anything-but': { prefix: 'a', suffix: 'b' } }] }, 'one operator'],
  ['an unknown operator in prefix', { source: [{ prefix: { wildcard: 'a*' } }] }, 'wildcard'],
  ['an $or with one branch', { $or: [{ source: ['a'] }] }, '$or'],
])('%s is refused by name', (_, pattern, name) => {
  expect(() => compilePattern(pattern)).toThrow(PatternError);
  expect(() => compilePattern(pattern)).toThrow(name);
});
