import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Aspects, aws_iam as iam, CfnResource, RemovalPolicies, RemovalPolicy, Tags, type IAspect } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Tracing, type CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { rotatorStack } from './synth';

describe('cdk-nag: AwsSolutions, HIPAA Security, NIST 800-53 R5, PCI DSS and Serverless', () => {
  const found: Record<string, string[]> = JSON.parse(execFileSync(
    process.execPath, ['--import', 'tsx', 'test/lib/nag-findings.ts'], { cwd: join(__dirname, '../..'), encoding: 'utf8' },
  ));
  const rules = (name: string) => [...new Set(found[name].map((finding) => finding.split(' ')[0].replace(/^.*-/, '')))].sort();

  test('find in the default what a prop of the user\'s would give, which docs/security.md lists, and nothing else', () => {
    expect(rules('the default')).toEqual(['CloudWatchAlarmAction', 'CloudWatchLogGroupEncrypted', 'LambdaInsideVPC', 'LambdaTracing']);
    const document = readFileSync(join(__dirname, '../../docs/security.md'), 'utf8');
    for (const rule of rules('the default')) expect(document).toMatch(new RegExp(`\\| \`${rule}\` \\|`));
  });

  test.each([
    'every prop that a pack asks for', 'the same with inline policies', 'a concrete account and region', 'both sides of some tunnels', 'a key for the tokens',
    'a prefix from a parameter', 'a prefix from another resource', 'a prefix from another stack',
  ])('find nothing unexplained in %s', (name) => {
    expect(found[name]).toEqual([]);
  });

  test('find all the same what somebody added', () => {
    const path = 'Tunnels/Rotator/Rotator/Role/DefaultPolicy/Resource';
    expect(found['a policy that somebody added']).toEqual(expect.arrayContaining([
      `AwsSolutions-IAM5[Action::s3:*] ${path}`, `AwsSolutions-IAM5[Resource::*] ${path}`, `HIPAA.Security-IAMNoInlinePolicy ${path}`,
    ]));
  });
});

describe('in any partition', () => {
  test.each(['eu-west-1', 'cn-north-1', 'us-gov-west-1', undefined])('region %s: no partition is written down', (region) => {
    const stackProps = region ? { env: { account: '123456789012', region } } : undefined;
    const text = JSON.stringify(rotatorStack(undefined, stackProps).template());
    expect(text).not.toMatch(/arn:aws[-:]/);
    expect(text).not.toContain('amazonaws.com.cn');
  });

  test('an env-agnostic stack names neither account nor region', () => {
    expect(JSON.stringify(rotatorStack().template())).not.toMatch(/eu-west-1|\b\d{12}\b/);
  });
});

describe('what reaches every resource', () => {
  test('tags, where CloudFormation knows them', () => {
    const { stack } = rotatorStack();
    Tags.of(stack).add('team', 'fleet');
    const resources: Record<string, { Type: string; Properties?: { Tags?: object; } }> = Template.fromStack(stack).toJSON().Resources;

    const untagged = Object.values(resources)
      .filter(({ Properties }) => !JSON.stringify(Properties?.Tags ?? '').includes('fleet')).map(({ Type }) => Type);

    expect([...new Set(untagged)].sort())
      .toEqual(['AWS::Lambda::EventInvokeConfig', 'AWS::SQS::QueuePolicy', 'AWS::Scheduler::Schedule', 'Custom::TunnelTokenCleanup']);
  });

  test('a permissions boundary', () => {
    const { stack } = rotatorStack();
    iam.PermissionsBoundary.of(stack).apply(iam.ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'acme-boundary'));
    const roles = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Role'));
    expect(roles).toHaveLength(5);
    for (const { Properties } of roles) expect(JSON.stringify(Properties.PermissionsBoundary)).toContain('policy/acme-boundary');
  });

  test('a removal policy', () => {
    const { stack } = rotatorStack();
    RemovalPolicies.of(stack).retain();
    const kept = Object.values(Template.fromStack(stack).findResources('AWS::SQS::Queue')).map(({ DeletionPolicy }) => DeletionPolicy);
    expect(kept).toEqual(['Retain', 'Retain']);
  });

  test('but not a removal policy that is applied to the rotator itself, of which the message says what to do', () => {
    const { rotator } = rotatorStack();
    expect(() => rotator.applyRemovalPolicy(RemovalPolicy.RETAIN)).toThrow('the removal policy of Tunnels/Rotator is its prop removalPolicy, which its secrets follow too');
  });

  test('an Aspect of your own', () => {
    const { stack } = rotatorStack();
    const visited: string[] = [];
    const census: IAspect = { visit: (node: IConstruct) => { if (node instanceof CfnResource) visited.push(node.cfnResourceType); } };
    Aspects.of(stack).add(census);
    const count = Object.keys(Template.fromStack(stack).toJSON().Resources).length;
    expect(visited).toHaveLength(count);
  });
});

test('rights stand in managed policies if they are to', () => {
  const template = rotatorStack({ managedPolicies: true, tracing: Tracing.ACTIVE }).template();
  const roles = Object.values(template.findResources('AWS::IAM::Role'));
  expect(roles.map(({ Properties: { Policies, ManagedPolicyArns } }) => [Policies, ManagedPolicyArns.length])).toEqual(roles.map(() => [undefined, 1]));
  template.resourceCountIs('AWS::IAM::ManagedPolicy', roles.length);
  template.resourceCountIs('AWS::IAM::Policy', 0);
});

test('what no prop sets, an escape hatch does', () => {
  const { rotator, template } = rotatorStack();
  (rotator.rotatorFunction.node.defaultChild as CfnFunction).memorySize = 512;
  template().hasResourceProperties('AWS::Lambda::Function', { Timeout: 20, MemorySize: 512 });
});
