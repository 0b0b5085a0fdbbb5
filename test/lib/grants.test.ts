import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AccountPrincipal, Role, ServicePrincipal, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { DisconnectSource, TunnelTokenRotator, type TokenGrantOptions, type TunnelTokenRotatorProps } from '../../lib';
import { evaluate } from '../../local-cloud/iam/evaluate';
import { parsePolicy } from '../../local-cloud/iam/policy';
import { readable, resource, rotatorStack } from './synth';

const ARN = (service: string) => `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:`;
const allow = (Action: string | string[], Resource: string, Condition?: object) => ({ Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) });
const read = (name: string) => allow(['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'], `${ARN('secretsmanager')}secret:${name}-??????`);
const publish = (...levels: string[]) => levels.flatMap((level) => ['disconnected', 'token-request'].map((topic) => allow('iot:Publish', `${ARN('iot')}topic/${level}/${topic}`)));
const publishAll = (prefix: string) => publish(`${prefix}/*`, `${prefix}/*/*`);
const put = allow('events:PutEvents', `${ARN('events')}event-bus/default`, {
  StringEquals: { 'events:detail-type': ['Tunnel Disconnected', 'Tunnel Token Requested'] },
});

/** What somebody may do after a grant. */
function granted(grant: (rotator: TunnelTokenRotator, role: Role) => unknown, props: (stack: Stack) => TunnelTokenRotatorProps = () => ({})) {
  const stack = new Stack(new App(), 'Tunnels');
  const role = new Role(stack, 'Operator', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
  grant(new TunnelTokenRotator(stack, 'Rotator', { secretPrefix: 'acme', ...props(stack) }), role);
  const template = Template.fromStack(stack);
  if (Object.keys(template.findResources('AWS::IAM::Policy')).every((id) => !id.startsWith('Operator'))) return [];
  return readable(resource(template, 'AWS::IAM::Policy', 'OperatorDefaultPolicy').Properties.PolicyDocument.Statement);
}

test('a reader of tokens reads them below the prefix, and nothing else', () => {
  expect(granted((rotator, role) => rotator.grantReadToken(role))).toEqual([read('acme/*/source')]);
});

test('a reader of one tunnel\'s token reads only that', () => {
  expect(granted((rotator, role) => rotator.grantReadToken(role, { tunnelId: 'a:b' }))).toEqual([read('acme/a.b/source')]);
});

test('a reader of the tokens of some things reads those whose secret says so', () => {
  expect(granted((rotator, role) => rotator.grantReadToken(role, { thingName: 'pump-*' }))).toEqual([
    { ...read('acme/*/source'), Condition: { StringLike: { 'secretsmanager:ResourceTag/tunnel-token-rotator:thing': 'pump-*' } } },
  ]);
});

test('a reader of tokens with a key of their own may decrypt them, through Secrets Manager only', () => {
  expect(granted((rotator, role) => rotator.grantReadToken(role), (stack) => ({ encryptionKey: new Key(stack, 'TokenKey') }))).toEqual([
    read('acme/*/source'),
    allow('kms:Decrypt', '${TokenKey.Arn}', { StringEquals: { 'kms:ViaService': 'secretsmanager.${AWS::Region}.amazonaws.com' } }),
  ]);
});

test('a signaller may use every disconnect source', () => {
  expect(granted((rotator, role) => rotator.grantSignal(role))).toEqual([...publishAll('tunnels'), put]);
});

test('a signaller gets nothing where there is no disconnect source', () => {
  expect(granted((rotator, role) => rotator.grantSignal(role), () => ({ disconnectSources: [] }))).toEqual([]);
});

test('a signaller may use the topic and the events that were chosen', () => {
  const disconnectSources = [
    DisconnectSource.mqtt({ topicPrefix: 'acme/tunnels' }), DisconnectSource.eventBridge({ eventPattern: { source: ['acme.fleet'] } }),
  ];
  expect(granted((rotator, role) => rotator.grantSignal(role), () => ({ disconnectSources }))).toEqual([
    ...publishAll('acme/tunnels'),
    allow('events:PutEvents', `${ARN('events')}event-bus/default`, { StringEquals: { 'events:source': ['acme.fleet'] } }),
  ]);
});

test('who keeps a source connected reads its token, looks at its tunnel and signals', () => {
  expect(granted((rotator, role) => rotator.grantConnect(role, { tunnelId: 'a1' }))).toEqual([
    read('acme/a1/source'), allow('iot:DescribeTunnel', `${ARN('iot')}tunnel/a1`), ...publish('tunnels/a1', 'tunnels/*/a1'),
  ]);
});

const list = allow('iot:ListTunnels', '*');
const looked = (id: string) => allow('iot:DescribeTunnel', `${ARN('iot')}tunnel/${id}`);

test('who keeps any source connected may find the open tunnels too, and open none', () => {
  expect(granted((rotator, role) => rotator.grantConnect(role))).toEqual([read('acme/*/source'), looked('*'), list, ...publishAll('tunnels'), put]);
});

test.each([[undefined, '*'], ['pump-*', 'pump-*']])('who may open tunnels opens those to its things, and closes tunnels: %s', (thingName, thing) => {
  const statements = granted((rotator, role) => rotator.grantConnect(role, { thingName, openTunnels: true }));
  expect(statements).toContainEqual({
    Effect: 'Allow', Action: 'iot:OpenTunnel', Resource: [`${ARN('iot')}tunnel/*`, `${ARN('iot')}thing/${thing}`],
  });
  expect(statements).toContainEqual(allow('iot:CloseTunnel', `${ARN('iot')}tunnel/*`));
});

test('who may tag the tunnels that they open may tag, and not without', () => {
  const statements = granted((rotator, role) => rotator.grantConnect(role, { openTunnels: true, tagTunnels: true }));
  expect(statements).toContainEqual(allow('iot:TagResource', `${ARN('iot')}tunnel/*`));
  expect(JSON.stringify(granted((rotator, role) => rotator.grantConnect(role, { openTunnels: true })))).not.toContain('TagResource');
  expect(() => granted((rotator, role) => rotator.grantConnect(role, { tagTunnels: true }))).toThrow('tagTunnels needs openTunnels');
});

test('who operates the tunnels of some things signals as these things only', () => {
  expect(granted((rotator, role) => rotator.grantSignal(role, { thingName: 'pump-*' }))).toEqual(publish('tunnels/pump-*/*'));
  expect(granted((rotator, role) => rotator.grantSignal(role, { thingName: 'pump-7', tunnelId: 'a:b' }))).toEqual(publish('tunnels/pump-7/a%3Ab'));
});

describe('what a grant for one tunnel, or one thing, allows', () => {
  const ACCOUNT: Record<string, string> = { Partition: 'aws', Region: 'eu-west-1', AccountId: '123456789012' };
  const policyFor = (options: TokenGrantOptions) => parsePolicy({
    Statement: JSON.parse(JSON.stringify(granted((rotator, role) => rotator.grantConnect(role, options)))
      .replace(/\$\{AWS::(\w+)\}/g, (_: string, name: string) => ACCOUNT[name])),
  });
  const verdict = (options: TokenGrantOptions, action: string, name: string, context: Record<string, string> = {}) =>
    evaluate(policyFor(options), { action, resource: `arn:aws:${name}`, context: new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), [value]])) });
  const iot = (resource: string) => `iot:eu-west-1:123456789012:${resource}`;
  const secret = (name: string) => `secretsmanager:eu-west-1:123456789012:secret:${name}`;
  const bus = 'events:eu-west-1:123456789012:event-bus/default';
  const of = (thing: string) => ({ 'secretsmanager:ResourceTag/tunnel-token-rotator:thing': thing });

  test.each<[string, TokenGrantOptions, string, string, 'allowed' | 'not-allowed', Record<string, string>?]>([
    ['its own drop', { tunnelId: 'mine' }, 'iot:Publish', iot('topic/tunnels/mine/disconnected'), 'allowed'],
    ['its own request', { tunnelId: 'mine' }, 'iot:Publish', iot('topic/tunnels/mine/token-request'), 'allowed'],
    ['another tunnel\'s drop', { tunnelId: 'mine' }, 'iot:Publish', iot('topic/tunnels/theirs/disconnected'), 'not-allowed'],
    ['another tunnel\'s request', { tunnelId: 'mine' }, 'iot:Publish', iot('topic/tunnels/theirs/token-request'), 'not-allowed'],
    ['another tunnel\'s request, as a thing', { tunnelId: 'mine' }, 'iot:Publish', iot('topic/tunnels/pump-7/theirs/token-request'), 'not-allowed'],
    ['any event', { tunnelId: 'mine' }, 'events:PutEvents', bus, 'not-allowed', { 'events:detail-type': 'Tunnel Token Requested' }],
    ['its own token', { tunnelId: 'mine' }, 'secretsmanager:GetSecretValue', secret('acme/mine/source-AbCdEf'), 'allowed'],
    ['another tunnel\'s token', { tunnelId: 'mine' }, 'secretsmanager:GetSecretValue', secret('acme/theirs/source-AbCdEf'), 'not-allowed'],
    ['a secret whose name begins alike', { tunnelId: 'mine' }, 'secretsmanager:GetSecretValue', secret('acme/mine/source-db-AbCdEf'), 'not-allowed'],
    ['another tunnel\'s state', { tunnelId: 'mine' }, 'iot:DescribeTunnel', iot('tunnel/theirs'), 'not-allowed'],
    ['a drop as its thing', { thingName: 'pump-7' }, 'iot:Publish', iot('topic/tunnels/pump-7/any/disconnected'), 'allowed'],
    ['a drop as another thing', { thingName: 'pump-7' }, 'iot:Publish', iot('topic/tunnels/pump-8/any/disconnected'), 'not-allowed'],
    ['a drop as nobody', { thingName: 'pump-7' }, 'iot:Publish', iot('topic/tunnels/any/disconnected'), 'not-allowed'],
    ['a token of its thing', { thingName: 'pump-7' }, 'secretsmanager:GetSecretValue', secret('acme/any/source-AbCdEf'), 'allowed', of('pump-7')],
    ['a token of another thing', { thingName: 'pump-7' }, 'secretsmanager:GetSecretValue', secret('acme/any/source-AbCdEf'), 'not-allowed', of('pump-8')],
    ['any event, for a thing', { thingName: 'pump-7' }, 'events:PutEvents', bus, 'not-allowed', { 'events:detail-type': 'Tunnel Disconnected' }],
  ])('%s', (_what, options, action, name, expected, ...[context]) => {
    expect(verdict(options, action, name, context)).toBe(expected);
  });
});

test('GIVEN no source that can be limited WHEN signals about one tunnel are granted THEN nobody may, and a warning says so', () => {
  const { stack, rotator } = rotatorStack({ disconnectSources: [DisconnectSource.eventBridge()] });
  rotator.grantSignal(new Role(stack, 'Operator', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }), { tunnelId: 'a1' });
  Template.fromStack(stack).resourcePropertiesCountIs('AWS::IAM::Policy', {}, 0);
  Annotations.fromStack(stack).hasWarning('/Tunnels/Rotator', Match.stringLikeRegexp('no disconnect source can be limited to tunnel a1'));
});

test('WHEN tokens with a key of their own are granted to another account THEN the warning names the key\'s policy', () => {
  const stack = new Stack(new App(), 'Tunnels', { env: { account: '123456789012', region: 'eu-west-1' } });
  const rotator = new TunnelTokenRotator(stack, 'Rotator', { encryptionKey: new Key(stack, 'Key') });
  rotator.grantReadToken(new AccountPrincipal('210987654321'));
  Annotations.fromStack(stack).hasWarning('/Tunnels/Rotator', Match.stringLikeRegexp("a resource policy on each secret.*a statement in the key's policy for that principal"));
});

test.each<[string, (stack: Stack) => IGrantable, string]>([
  ['another account', (stack) => Role.fromRoleArn(stack, 'Elsewhere', 'arn:aws:iam::210987654321:role/operators'), 'is of account 210987654321.*a resource policy on each secret.*a key of your own'],
  ['an account as a whole', () => new AccountPrincipal('210987654321'), 'is of account 210987654321'],
  ['a service', () => new ServicePrincipal('ec2.amazonaws.com'), 'has no policy that a right could be added to'],
])('WHEN tokens are granted to %s THEN a warning says that this cannot work, and what does', (_who, grantee, why) => {
  const { stack, rotator } = rotatorStack({}, { env: { account: '123456789012', region: 'eu-west-1' } });
  rotator.grantReadToken(grantee(stack));
  Annotations.fromStack(stack).hasWarning('/Tunnels/Rotator', Match.stringLikeRegexp(`${why}.*Grant it to a role of the rotator's account`));
});
