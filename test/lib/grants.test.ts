import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { DisconnectSource, TunnelTokenRotator, type TunnelTokenRotatorProps } from '../../lib';
import { readable, resource } from './synth';

const ARN = (service: string) => `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:`;
const allow = (Action: string | string[], Resource: string, Condition?: object) => ({ Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) });
const read = (name: string) => allow(['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'], `${ARN('secretsmanager')}secret:${name}-??????`);
const publish = (prefix: string) => ['disconnected', 'token-request'].map((topic) => allow('iot:Publish', `${ARN('iot')}topic/${prefix}/*/${topic}`));
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
  expect(granted((rotator, role) => rotator.grantSignal(role))).toEqual([...publish('tunnels'), put]);
});

test('a signaller gets nothing where there is no disconnect source', () => {
  expect(granted((rotator, role) => rotator.grantSignal(role), () => ({ disconnectSources: [] }))).toEqual([]);
});

test('a signaller may use the topic and the events that were chosen', () => {
  const disconnectSources = [
    DisconnectSource.mqtt({ topicPrefix: 'acme/tunnels' }), DisconnectSource.eventBridge({ eventPattern: { source: ['acme.fleet'] } }),
  ];
  expect(granted((rotator, role) => rotator.grantSignal(role), () => ({ disconnectSources }))).toEqual([
    ...publish('acme/tunnels'),
    allow('events:PutEvents', `${ARN('events')}event-bus/default`),
  ]);
});

test('who keeps a source connected reads its token, looks at its tunnel and signals', () => {
  expect(granted((rotator, role) => rotator.grantConnect(role, { tunnelId: 'a1' }))).toEqual([
    read('acme/a1/source'), allow('iot:DescribeTunnel', `${ARN('iot')}tunnel/a1`), ...publish('tunnels'), put,
  ]);
});

const list = allow('iot:ListTunnels', '*');
const looked = (id: string) => allow('iot:DescribeTunnel', `${ARN('iot')}tunnel/${id}`);

test('who keeps any source connected may find the open tunnels too, and open none', () => {
  expect(granted((rotator, role) => rotator.grantConnect(role))).toEqual([read('acme/*/source'), looked('*'), list, ...publish('tunnels'), put]);
});

test.each([[undefined, '*'], ['pump-*', 'pump-*']])('who may open tunnels opens those to its things, and closes tunnels: %s', (thingName, thing) => {
  const statements = granted((rotator, role) => rotator.grantConnect(role, { thingName, openTunnels: true }));
  expect(statements).toContainEqual({
    Effect: 'Allow', Action: 'iot:OpenTunnel', Resource: [`${ARN('iot')}tunnel/*`, `${ARN('iot')}thing/${thing}`],
  });
  expect(statements).toContainEqual(allow('iot:CloseTunnel', `${ARN('iot')}tunnel/*`));
});
