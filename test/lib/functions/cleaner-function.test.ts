import { CfnParameter, RemovalPolicy, Stack, App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { TunnelTokenRotator } from '../../../lib';
import { readable, resource, rotatorStack, statements } from '../synth';

const CLEANUP = 'Custom::TunnelTokenCleanup';
const cleanups = (template: Template) => Object.keys(template.findResources(CLEANUP));

describe('when the stack is deleted', () => {
  const template = rotatorStack().template();
  const resources: Record<string, { Type: string; DependsOn?: string[]; Properties?: object }> = template.toJSON().Resources;
  const idOf = (type: string, prefix: string) => Object.keys(template.findResources(type)).find((id) => id.startsWith(prefix)) ?? `no ${prefix}`;

  test('its secrets are deleted by a function that may do nothing else', () => {
    expect(statements(template, 'RotatorSecretCleanupRole')).toEqual([
      { Sid: 'UseLedger', Effect: 'Allow', Action: 'dynamodb:Scan', Resource: '${RotatorLedger.Arn}' },
      {
        Sid: 'DeleteSecrets',
        Effect: 'Allow',
        Action: 'secretsmanager:DeleteSecret',
        Resource: ['source', 'source-??????']
          .map((end) => `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:tunnel-tokens/Tunnels-Rotator/*/${end}`),
      },
      { Sid: 'ListSecrets', Effect: 'Allow', Action: 'secretsmanager:ListSecrets', Resource: '*' },
      { Sid: 'WriteLog', Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '${RotatorSecretCleanupLogs.Arn}' },
    ]);
    expect(readable(resource(template, 'AWS::Lambda::Function', 'RotatorSecretCleanupFunction').Properties)).toMatchObject({
      Timeout: 900,
      Environment: {
        Variables: {
          ROTATOR_NAME: 'Tunnels-Rotator', LEDGER_TABLE: '${RotatorLedger}', STACK_NAME: 'Tunnels',
        },
      },
    });
  });

  test('CloudFormation calls that function, and waits longer for it than it can run', () => {
    expect(readable(resource(template, CLEANUP, 'RotatorSecretCleanupSecrets').Properties)).toEqual({
      ServiceToken: '${RotatorSecretCleanupFunction.Arn}', ServiceTimeout: '1200', SecretPrefix: 'tunnel-tokens/Tunnels-Rotator', Secrets: 'destroy',
    });
  });

  test.each([
    ['whoever makes secrets goes before the cleanup', idOf('AWS::Lambda::Function', 'RotatorFunction'), idOf(CLEANUP, 'Rotator')],
    ['whatever feeds it goes before the cleanup', idOf('AWS::Lambda::EventSourceMapping', 'RotatorSignals'), idOf(CLEANUP, 'Rotator')],
    ['the ledger goes after the cleanup', idOf(CLEANUP, 'Rotator'), idOf('AWS::DynamoDB::Table', 'RotatorLedger')],
  ])('%s', (_what, dependent, dependency) => {
    expect(needs(dependent)).toContain(dependency);
  });

  /** All that CloudFormation deletes after this one. */
  function needs(id: string): string[] {
    const { DependsOn = [], Properties } = resources[id];
    const references = [...JSON.stringify(Properties ?? {}).matchAll(/"(?:Ref|Fn::GetAtt)":\[?"([^"]+)"/g)].map(([, name]) => name);
    const direct = [...DependsOn, ...references].filter((name) => name in resources);
    return [...direct, ...direct.flatMap(needs)];
  }
});

test.each([RemovalPolicy.RETAIN, RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE])('with the removal policy %s the secrets stay, as the ledger does', (removalPolicy) => {
  const template = rotatorStack({ removalPolicy }).template();
  expect(cleanups(template)).toEqual(cleanups(rotatorStack().template()));
  template.hasResourceProperties(CLEANUP, { Secrets: 'keep' });
});

describe('the cleanup is CloudFormation\'s own', () => {
  const idOf = (id: string, secretPrefix?: string) => {
    const stack = new Stack(new App(), 'Tunnels');
    new TunnelTokenRotator(stack, id, { secretPrefix });
    return cleanups(Template.fromStack(stack))[0];
  };

  test.each<[string, [string, string?], [string, string?]]>([
    ['the default prefix is written out', ['Rotator'], ['Rotator', 'tunnel-tokens/Tunnels-Rotator']],
    ['the construct is renamed, and the prefix pinned', ['Rotator'], ['Renamed', 'tunnel-tokens/Tunnels-Rotator']],
    ['a construct with a prefix of its own is renamed', ['Rotator', 'acme'], ['Renamed', 'acme']],
  ])('stays the same WHEN %s', (_when, before, after) => {
    expect(idOf(...after)).toBe(idOf(...before));
  });

  test.each<[string, [string, string?], [string, string?]]>([
    ['the prefix changes', ['Rotator', 'acme/one'], ['Rotator', 'acme/two']],
    ['the prefix comes to be pinned elsewhere', ['Rotator'], ['Rotator', 'acme']],
    ['the construct is renamed, and its prefix with it', ['Rotator'], ['Renamed']],
  ])('is another one WHEN %s, so that the former one goes and takes its secrets along', (_when, before, after) => {
    expect(idOf(...after)).not.toBe(idOf(...before));
  });

  test('WHEN the prefix is known at deployment only THEN it stays the same, and may delete what the stack made under a former value', () => {
    const stack = new Stack(new App(), 'Tunnels');
    const secretPrefix = new CfnParameter(stack, 'Prefix').valueAsString;
    new TunnelTokenRotator(stack, 'Rotator', { secretPrefix });
    const template = Template.fromStack(stack);
    expect(cleanups(template)).toHaveLength(1);
    const role = Object.entries(template.findResources('AWS::IAM::Role')).find(([id]) => /^SecretCleanup\w{8}Role/.test(id));
    expect(readable(role?.[1].Properties.Policies[0].PolicyDocument.Statement)).toContainEqual({
      Sid: 'DeleteSecretsOfFormerPrefix',
      Effect: 'Allow',
      Action: 'secretsmanager:DeleteSecret',
      Resource: 'arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:*/source-??????',
      Condition: { StringEquals: { 'secretsmanager:ResourceTag/tunnel-token-rotator:stack': 'Tunnels' } },
    });
  });
});

test('the cleanup stays outside a VPC, from where its answer might never arrive', () => {
  const stack = new Stack(new App(), 'Tunnels');
  new TunnelTokenRotator(stack, 'Rotator', { vpc: new Vpc(stack, 'Vpc') });
  expect(resource(Template.fromStack(stack), 'AWS::Lambda::Function', 'RotatorSecretCleanupFunction').Properties).not.toHaveProperty('VpcConfig');
});
