import type { Statement } from '../../local-cloud/iam/policy';
import type { Role } from '../../local-cloud/iam/roles';
import { summarize, type Testimony } from './evidence';
import { mutationsOf } from './mutations';
import { allows, type Right } from './rights';

const TUNNEL = 'arn:aws:iot:eu-west-1:123456789012:tunnel/t';
const rotate = { action: 'iot:RotateTunnelAccessToken', resource: TUNNEL, context: { 'iot:ClientMode': 'SOURCE' } };
const allow = (more: Partial<Statement>): Statement => ({
  effect: 'Allow', actions: [rotate.action], resources: ['arn:aws:iot:eu-west-1:123456789012:tunnel/*'], conditions: { StringEquals: { 'iot:ClientMode': ['SOURCE'] } }, ...more,
});

/** Calls beside a source's rotation that a role of this statement may make. */
function escapes(statement: Statement): string[] {
  const role: Role = { name: 'Rotator', arn: 'arn:aws:iam::123456789012:role/Rotator', trust: [], statements: [statement] };
  expect(allows([statement], role, rotate)).toBe(true);
  // What the right statement says of client modes is asked of a wrong one, too.
  return mutationsOf(rotate, [allow({})]).filter((mutant) => allows([statement], role, mutant)).map(({ action, resource, context }) => `${action} ${resource} ${context?.['iot:ClientMode']}`);
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
