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
      { Sid: 'WriteLog', Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '${RotatorSecretCleanupLogs.Arn}' },
    ]);
    expect(readable(resource(template, 'AWS::Lambda::Function', 'RotatorSecretCleanupFunction').Properties)).toMatchObject({
      Timeout: 900,
      Environment: {
        Variables: {
          ROTATOR_NAME: 'Tunnels-Rotator', LEDGER_TABLE: '${RotatorLedger}', SECRET_PREFIX: 'tunnel-tokens/Tunnels-Rotator', STACK_NAME: 'Tunnels',
        },
      },
    });
  });

  test('CloudFormation calls that function, and waits longer for it than it can run', () => {
    expect(readable(resource(template, CLEANUP, 'RotatorSecretCleanupSecrets').Properties))
      .toEqual({ ServiceToken: '${RotatorSecretCleanupFunction.Arn}', ServiceTimeout: '1200' });
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
  expect(cleanups(template)).toEqual([]);
  template.resourceCountIs('AWS::Lambda::Function', 2);
});

describe('another prefix', () => {
  test('makes another cleanup, so that the former one goes and takes the secrets under the former prefix with it', () => {
    const ids = [undefined, 'acme/one', 'acme/two'].map((secretPrefix) => cleanups(rotatorStack({ secretPrefix }).template())[0]);
    expect(new Set(ids).size).toBe(3);
  });

  test('that is known at deployment only has a stable id all the same', () => {
    const stack = new Stack(new App(), 'Tunnels');
    new TunnelTokenRotator(stack, 'Rotator', { secretPrefix: new CfnParameter(stack, 'Prefix').valueAsString });
    expect(cleanups(Template.fromStack(stack))[0]).toBe(cleanups(rotatorStack().template())[0]);
  });
});

test('the cleanup stays outside a VPC, from where its answer might never arrive', () => {
  const stack = new Stack(new App(), 'Tunnels');
  new TunnelTokenRotator(stack, 'Rotator', { vpc: new Vpc(stack, 'Vpc') });
  expect(resource(Template.fromStack(stack), 'AWS::Lambda::Function', 'RotatorSecretCleanupFunction').Properties).not.toHaveProperty('VpcConfig');
});
