import type { Statement } from '../../local-cloud/iam/policy';
import { summarize, type Testimony } from './evidence';
import { mutationsOf, strangersTo } from './mutations';
import { allows, evidenceOf, type Asked, type Right } from './rights';

const TUNNEL = 'arn:aws:iot:eu-west-1:123456789012:tunnel/t';
const by = { type: 'AWS', name: 'arn:aws:iam::123456789012:role/Rotator' } as const;
const rotate = { action: 'iot:RotateTunnelAccessToken', resource: TUNNEL, context: { 'iot:ClientMode': 'SOURCE' } };
const allow = (more: Partial<Statement>): Statement => ({
  effect: 'Allow', actions: [rotate.action], resources: ['arn:aws:iot:eu-west-1:123456789012:tunnel/*'], conditions: { StringEquals: { 'iot:ClientMode': ['SOURCE'] } }, ...more,
});

/** Calls beside a source's rotation that a role of this statement may make. */
function escapes(statement: Statement): string[] {
  expect(allows([statement], { ...rotate, by })).toBe(true);
  // What the right statement says of client modes is asked of a wrong one, too.
  return mutationsOf(rotate, [allow({})]).filter((mutant) => allows([statement], { ...mutant, by })).map(({ action, resource, context }) => `${action} ${resource} ${context?.['iot:ClientMode']}`);
}

describe('a call beside one that was made', () => {
  test('is denied by a policy that is just right', () => {
    expect(escapes(allow({}))).toEqual([]);
  });

  test.each<[string, Partial<Statement>, string]>([
    ['another account', { resources: ['arn:aws:iot:eu-west-1:*:tunnel/*'] }, 'iot:RotateTunnelAccessToken arn:aws:iot:eu-west-1:999999999999:tunnel/t SOURCE'],
    ['another region', { resources: ['arn:aws:iot:*:123456789012:tunnel/*'] }, 'iot:RotateTunnelAccessToken arn:aws:iot:us-east-1:123456789012:tunnel/t SOURCE'],
    ['another kind of resource', { resources: ['arn:aws:iot:eu-west-1:123456789012:*'] }, 'iot:RotateTunnelAccessToken arn:aws:iot:eu-west-1:123456789012:cert/t SOURCE'],
    ['everything', { resources: ['*'] }, 'iot:RotateTunnelAccessToken * SOURCE'],
    ['another client mode', { conditions: {} }, `iot:RotateTunnelAccessToken ${TUNNEL} DESTINATION`],
    ['no client mode, by ForAllValues alone', { conditions: { 'ForAllValues:StringEquals': { 'iot:ClientMode': ['SOURCE'] } } }, `iot:RotateTunnelAccessToken ${TUNNEL} undefined`],
    ['closing the tunnel', { actions: ['iot:*Tunnel*'] }, `iot:CloseTunnel ${TUNNEL} SOURCE`],
    ['reading a secret', { actions: ['*'] }, `secretsmanager:GetSecretValue ${TUNNEL} SOURCE`],
  ])('is found where a policy is too wide: %s', (_, wide, escape) => {
    expect(escapes(allow(wide))).toContain(escape);
  });
});

describe('a call to a queue that somebody else makes', () => {
  const QUEUE = 'arn:aws:sqs:eu-west-1:123456789012:signals';
  const RULE = 'arn:aws:events:eu-west-1:123456789012:rule/ours';
  const sent: Asked = {
    action: 'sqs:SendMessage', resource: QUEUE, by: { type: 'Service', name: 'events.amazonaws.com' }, context: { 'aws:SourceArn': RULE, 'aws:SourceAccount': '123456789012' },
  };
  const lets = (more: Partial<Statement>): Statement => ({
    effect: 'Allow', principals: { Service: ['events.amazonaws.com'] }, actions: ['sqs:SendMessage'], resources: [QUEUE], conditions: { ArnEquals: { 'aws:SourceArn': [RULE] } }, ...more,
  });
  const onlyTls: Statement = { effect: 'Deny', principals: { AWS: ['*'] }, actions: ['sqs:*'], resources: [QUEUE], conditions: { Bool: { 'aws:SecureTransport': ['false'] } } };
  const withoutTls = { ...sent, context: { ...sent.context, 'aws:SecureTransport': 'false' } };
  const held = (...statements: Statement[]) => evidenceOf({ role: 'queue', statements, calls: [sent], beside: strangersTo, never: [withoutTls], name: (text) => text });

  test('is denied by a policy that is just right, and each statement of it is needed', () => {
    const { escaped, used, rights } = held(lets({}), onlyTls);
    expect(escaped).toEqual([]);
    expect(used).toEqual(rights);
    expect(rights.map(({ role }) => role)).toEqual(['queue: lets in events.amazonaws.com', 'queue: keeps out everybody']);
  });

  test.each<[string, Statement[], RegExp]>([
    ['another rule', [lets({ conditions: { ArnLike: { 'aws:SourceArn': ['arn:aws:events:*:123456789012:rule/*'] } } }), onlyTls], /rule\/ours-other/],
    ['another account\'s rule', [lets({ conditions: { ArnLike: { 'aws:SourceArn': ['arn:aws:events:*:*:rule/ours'] } } }), onlyTls], /999999999999/],
    ['the service for anybody', [lets({ conditions: {} }), onlyTls], /"aws:SourceArn":"arn:aws:events:us-east-1/],
    ['everybody', [lets({ principals: { '*': ['*'] }, conditions: {} }), onlyTls], /for arn:aws:iam::999999999999:root/],
    ['another service', [lets({ principals: { Service: ['events.amazonaws.com', 'sns.amazonaws.com'] } }), onlyTls], /for sns.amazonaws.com/],
    ['other actions', [lets({ actions: ['sqs:*'] }), onlyTls], /sqs:PurgeQueue/],
    ['plain HTTP', [lets({})], /"aws:SecureTransport":"false"/],
  ])('is found where the policy lets in %s', (_, statements, escape) => {
    expect(held(...statements).escaped).toContainEqual(expect.stringMatching(escape));
  });
});

describe('the summary of the stories', () => {
  const right = (action: string, resource = 'r'): Right => ({ role: '<RotatorRole>', action, resource, condition: '' });
  const story = (name: string, used: Right[], escaped: string[] = []): Testimony =>
    ({ file: 'test/story/a.test.ts', story: name, rights: [right('iot:DescribeTunnel'), right('iot:Publish'), right('secretsmanager:CreateSecret', 's/*/source')], used, mutants: 10, escaped });

  test('names a right that no story needed, but for one that AWS leaves open', () => {
    const { gaps, rows } = summarize([story('one', [right('iot:DescribeTunnel')])]);
    expect(gaps).toEqual(['no story needs: <RotatorRole> | iot:Publish | r | ']);
    expect(rows.map(({ story: by, open }) => by ?? open)).toEqual(['test/story/a.test.ts: one', undefined, expect.stringContaining('no suffix')]);
  });

  test('names the story that needed least', () => {
    const [describe] = summarize([story('one', [right('iot:DescribeTunnel'), right('iot:Publish')]), story('two', [right('iot:DescribeTunnel')])]).rows;
    expect(describe.story).toBe('test/story/a.test.ts: two');
  });

  test('names a call that is allowed and should not be, once', () => {
    const used = [right('iot:DescribeTunnel'), right('iot:Publish')];
    expect(summarize([story('one', used, ['x']), story('two', used, ['x'])])).toMatchObject({ gaps: ['is not denied: x'], mutants: 20, stories: 2 });
  });
});
