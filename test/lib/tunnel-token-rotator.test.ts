import { App, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Construct } from 'constructs';
import { TunnelTokenRotator } from '../../lib';
import { rotatorStack } from './synth';

const IRELAND = { account: '123456789012', region: 'eu-west-1' };
const SAME_TUNNELS = Match.stringLikeRegexp('serves tunnels of the same account and region');

test('the default stack is as reviewed', () => {
  const template = JSON.parse(JSON.stringify(rotatorStack().template()), (_key, value) =>
    (typeof value === 'string' ? value.replace(/^[0-9a-f]{64}\.zip$/, '<asset hash>.zip') : value));
  expect(template).toMatchSnapshot();
});

describe('the secret prefix', () => {
  test('is made of names that the operator knows', () => {
    expect(rotatorStack().rotator.secretPrefix).toBe('tunnel-tokens/Tunnels-Rotator');
    expect(rotatorStack(undefined, { stackName: 'acme-tunnels' }).rotator.secretPrefix).toMatch(/^tunnel-tokens\/acme-tunnels-Rotator\.[0-9a-f]{8}$/);
  });

  test('knows the path in the stack, nested stacks included', () => {
    const stack = new Stack(new App(), 'Tunnels');
    const place = new Construct(new NestedStack(stack, 'Iot'), 'Remote access');
    expect(new TunnelTokenRotator(place, 'Rotator').secretPrefix).toMatch(/^tunnel-tokens\/Tunnels-Iot-Remote-access-Rotator\.[0-9a-f]{8}$/);
  });

  test.each([
    ['a hyphen in the stack name, or in the id', ['A-B', 'C'], ['A', 'B-C']],
    ['an id more, or a hyphen', ['A', 'B', 'C'], ['A', 'B-C']],
    ['ids that differ in letters that no name holds', ['A', 'Pümpe'], ['A', 'Pömpe']],
    ['an id that looks like another one as it is written', ['A', 'B C'], ['A', 'B-C']],
    ['an id that looks like a digest', ['A', 'B-C'], ['A', `B-C.${'0'.repeat(8)}`]],
  ])('tells apart %s', (_what, ...paths) => {
    const prefixOf = ([stackName, ...ids]: string[]) => {
      const place = ids.slice(0, -1).reduce<Construct>((scope, id) => new Construct(scope, id), new Stack(new App(), stackName));
      return new TunnelTokenRotator(place, ids[ids.length - 1]).secretPrefix;
    };
    expect(prefixOf(paths[0])).not.toBe(prefixOf(paths[1]));
  });

  test('names a tunnel\'s secret before the tunnel exists', () => {
    const { rotator } = rotatorStack({ secretPrefix: 'acme/tokens' });
    expect(rotator.sourceSecretName('a1b2')).toBe('acme/tokens/a1b2/source');
    expect(rotator.sourceSecretName('a:b')).toBe('acme/tokens/a.b/source');
  });

  test.each(['', '/acme', 'acme/', 'a//b', 'a b', 'a:b', 'a*'])('"%s" is refused', (secretPrefix) => {
    expect(() => rotatorStack({ secretPrefix })).toThrow(
      `secretPrefix must be one or more parts of letters, digits and _+=.@- joined by single slashes, but is '${secretPrefix}'`,
    );
  });

  test('leaves room for the rest of the name', () => {
    expect(() => rotatorStack({ secretPrefix: 'x'.repeat(376) })).not.toThrow();
    expect(() => rotatorStack({ secretPrefix: 'x'.repeat(377) })).toThrow('secretPrefix must have at most 376 characters, but has 377');
  });
});

describe('two rotators', () => {
  const two = (first = {}, second = {}) => {
    const stack = new Stack(new App(), 'Tunnels');
    new TunnelTokenRotator(stack, 'One', first);
    return { stack, other: new TunnelTokenRotator(stack, 'Two', second) };
  };

  test('in one stack do not collide', () => {
    const { stack } = two();
    const rules = Object.values(Template.fromStack(stack).findResources('AWS::IoT::TopicRule'));
    expect(new Set(rules.map((rule) => rule.Properties.RuleName)).size).toBe(8);
  });

  test('are warned of: both would rotate after each drop', () => {
    const { stack } = two();
    Annotations.fromStack(stack).hasWarning('/Tunnels/Two', SAME_TUNNELS);
    Annotations.fromStack(stack).hasNoWarning('/Tunnels/One', Match.anyValue());
  });

  test('in other regions are fine', () => {
    const app = new App();
    new TunnelTokenRotator(new Stack(app, 'Ireland', { env: IRELAND }), 'Rotator');
    const oregon = new Stack(app, 'Oregon', { env: { ...IRELAND, region: 'us-west-2' } });
    new TunnelTokenRotator(oregon, 'Rotator');
    Annotations.fromStack(oregon).hasNoWarning('*', Match.anyValue());
  });

  test.each([['tokens', 'tokens'], ['tokens', 'tokens/two'], ['tokens/two', 'tokens']])(
    'with the prefixes %s and %s would write the same secrets, so that is refused', (one, another) => {
      expect(() => two({ secretPrefix: one }, { secretPrefix: another })).toThrow(
        `secretPrefix must not overlap that of Tunnels/One, '${one}', but is '${another}'`,
      );
    },
  );

  test('with one prefix in stages whose accounts nobody knows yet are warned of, until somebody acknowledges', () => {
    const app = new App();
    const [, prod] = ['Test', 'Prod'].map((stage) => {
      const stack = new Stack(new Stage(app, stage), 'Tunnels');
      new TunnelTokenRotator(stack, 'Rotator', { secretPrefix: 'acme' });
      return stack;
    });
    Annotations.fromStack(prod).hasWarning('/Prod/Tunnels/Rotator', Match.stringLikeRegexp('must not overlap that of Test/Tunnels/Rotator'));
  });

  test('with one prefix in stacks of one account and region are refused', () => {
    const app = new App();
    new TunnelTokenRotator(new Stack(app, 'Test', { env: IRELAND }), 'Rotator', { secretPrefix: 'acme' });
    expect(() => new TunnelTokenRotator(new Stack(app, 'Prod', { env: IRELAND }), 'Rotator', { secretPrefix: 'acme' })).toThrow('must not overlap');
  });

  test('may have prefixes that merely begin alike', () => {
    expect(() => two({ secretPrefix: 'tokens' }, { secretPrefix: 'tokens-two' })).not.toThrow();
  });
});

test.each([[undefined], [{ env: IRELAND }], [{ env: { ...IRELAND, region: 'cn-north-1' } }], [{ env: { ...IRELAND, region: 'us-gov-west-1' } }]])(
  'in a stack with %j no partition is written down', (stackProps) => {
    expect(JSON.stringify(rotatorStack(undefined, stackProps).template())).not.toMatch(/arn:aws[-:]/);
  },
);
