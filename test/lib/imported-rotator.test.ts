import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { DisconnectSource, TunnelTokenRotator, type ITunnelTokenRotator, type TunnelTokenRotatorAttributes } from '../../lib';
import { readable } from './synth';

const ENV = { account: '123456789012', region: 'eu-west-1' };
const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/token-key';

/** The same stack, with a rotator of its own or with another team's. */
function stackWith(own: boolean, shape: (stack: Stack) => Partial<TunnelTokenRotatorAttributes>) {
  const stack = new Stack(new App(), 'Operators', { env: ENV });
  const role = new Role(stack, 'Operator', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
  const attributes = { secretPrefix: 'acme', ...shape(stack) };
  const rotator: ITunnelTokenRotator = own
    ? new TunnelTokenRotator(stack, 'Rotator', attributes) : TunnelTokenRotator.fromTunnelTokenRotatorAttributes(stack, 'Rotator', attributes);
  return { stack, role, rotator };
}

function granted(own: boolean, shape: (stack: Stack) => Partial<TunnelTokenRotatorAttributes>, grant: (rotator: ITunnelTokenRotator, role: Role) => unknown) {
  const { stack, role, rotator } = stackWith(own, shape);
  grant(rotator, role);
  return readable(Object.entries(Template.fromStack(stack).findResources('AWS::IAM::Policy')).filter(([id]) => id.startsWith('Operator')));
}

describe('a rotator of another app', () => {
  describe.each<[string, (stack: Stack) => Partial<TunnelTokenRotatorAttributes>]>([
    ['as it is by default', () => ({})],
    ['with a key of its own', (stack) => ({ encryptionKey: Key.fromKeyArn(stack, 'Key', KEY) })],
    ['that listens to topics and events of its own', (stack) => ({
      disconnectSources: [
        DisconnectSource.mqtt({ topicPrefix: 'acme/tunnels' }),
        DisconnectSource.eventBridge({ eventBus: EventBus.fromEventBusName(stack, 'Bus', 'fleet'), eventPattern: { source: ['acme.fleet'] } }),
      ],
    })],
    ['that listens to nothing', () => ({ disconnectSources: [] })],
  ])('GIVEN one %s', (_, shape) => {
    test.each<[string, (rotator: ITunnelTokenRotator, role: Role) => unknown]>([
      ['to read', (rotator, role) => rotator.grantReadToken(role)],
      ['to read the tokens of some things', (rotator, role) => rotator.grantReadToken(role, { thingName: 'pump-*' })],
      ['to signal', (rotator, role) => rotator.grantSignal(role)],
      ['to keep one tunnel connected', (rotator, role) => rotator.grantConnect(role, { tunnelId: 'a:b' })],
      ['to open tunnels', (rotator, role) => rotator.grantConnect(role, { openTunnels: true })],
    ])('THEN it grants %s, exactly as that app would', (_what, grant) => {
      const imported = granted(false, shape, grant);
      expect(imported).toEqual(granted(true, shape, grant));
      expect(imported.length > 0 || shape(new Stack()).disconnectSources?.length === 0).toBe(true);
    });
  });

  test('creates nothing, and names the secrets', () => {
    const { stack, rotator } = stackWith(false, () => ({ disconnectSources: [DisconnectSource.mqtt(), DisconnectSource.eventBridge(), DisconnectSource.thingPresence()] }));
    expect([rotator.secretPrefix, rotator.sourceSecretName('a:b')]).toEqual(['acme', 'acme/a.b/source']);
    expect(Object.values(Template.fromStack(stack).toJSON().Resources as object[])).toEqual([expect.objectContaining({ Type: 'AWS::IAM::Role' })]);
  });

  test('is no neighbour: it may be the very one that serves these tunnels', () => {
    const { stack } = stackWith(false, () => ({}));
    new TunnelTokenRotator(stack, 'Own', { secretPrefix: 'acme' });
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
  });

  test('warns of readers that cannot be let in', () => {
    const { stack, rotator } = stackWith(false, () => ({}));
    rotator.grantReadToken(new ServicePrincipal('ec2.amazonaws.com'));
    Annotations.fromStack(stack).hasWarning('/Operators/Rotator', Match.stringLikeRegexp('has no policy that a right could be added to'));
  });

  test('needs a prefix that can be one', () => {
    expect(() => stackWith(false, () => ({ secretPrefix: '/acme' }))).toThrow(/^secretPrefix must/);
  });

  test('a source that says nothing of its senders grants them nothing', () => {
    class Silent extends DisconnectSource {
      bind() { return {}; }
    }
    expect(granted(false, () => ({ disconnectSources: [new Silent()] }), (rotator, role) => rotator.grantSignal(role))).toEqual([]);
  });
});
