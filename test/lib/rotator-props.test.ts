import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ApplicationLogLevel, Architecture, Tracing } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AnnouncementChannel, DisconnectSource, TunnelTokenRotator, type TunnelTokenRotatorProps } from '../../lib';
import { readable, resource, rotatorStack, statements } from './synth';

const FUNCTIONS = ['RotatorFunction', 'RotatorSweeperFunction'];
const ROLES = ['RotatorRole', 'RotatorSweeperRole'];

/** A rotator whose props need something of the same stack. */
function withResources(props: (stack: Stack) => TunnelTokenRotatorProps): Template {
  const stack = new Stack(new App(), 'Tunnels');
  new TunnelTokenRotator(stack, 'Rotator', props(stack));
  return Template.fromStack(stack);
}
const environment = (template: Template) => readable(resource(template, 'AWS::Lambda::Function', 'RotatorFunction').Properties.Environment.Variables);
const sids = (template: Template, role: string) => statements(template, role).map((statement) => (statement as { Sid: string }).Sid);

describe('an encryption key', () => {
  const template = withResources((stack) => ({ encryptionKey: new Key(stack, 'TokenKey') }));

  test('is what new secrets are encrypted with', () => {
    expect(environment(template)).toMatchObject({ SECRET_KEY_ARN: '${TokenKey.Arn}' });
  });

  test('may be used by the rotator, through Secrets Manager only', () => {
    expect(statements(template, 'RotatorRole')).toContainEqual({
      Sid: 'UseTokenKey',
      Effect: 'Allow',
      Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
      Resource: '${TokenKey.Arn}',
      Condition: { StringEquals: { 'kms:ViaService': 'secretsmanager.${AWS::Region}.amazonaws.com' } },
    });
  });

  test('is absent by default', () => {
    expect(environment(rotatorStack().template())).not.toHaveProperty('SECRET_KEY_ARN');
  });
});

describe('announcements', () => {
  test('are off when the list is empty, permissions included', () => {
    const template = rotatorStack({ announcements: [] }).template();
    expect(environment(template)).not.toHaveProperty('ANNOUNCEMENT_BUS');
    expect(environment(template)).not.toHaveProperty('ANNOUNCEMENT_TOPIC_PREFIX');
    expect(sids(template, 'RotatorRole').filter((sid) => sid.startsWith('Announce'))).toEqual([]);
  });

  test('go below another topic', () => {
    const template = rotatorStack({ announcements: [AnnouncementChannel.mqtt({ topicPrefix: 'acme/tunnels' })] }).template();
    expect(environment(template)).toMatchObject({ ANNOUNCEMENT_TOPIC_PREFIX: 'acme/tunnels' });
    expect(statements(template, 'RotatorRole')).toContainEqual({
      Sid: 'AnnounceOverMqtt',
      Effect: 'Allow',
      Action: 'iot:Publish',
      Resource: 'arn:${AWS::Partition}:iot:${AWS::Region}:${AWS::AccountId}:topic/acme/tunnels/*/announcements',
    });
  });

  test('go to another bus', () => {
    const template = withResources((stack) => ({ announcements: [AnnouncementChannel.eventBridge({ eventBus: new EventBus(stack, 'FleetBus') })] }));
    expect(environment(template)).toMatchObject({ ANNOUNCEMENT_BUS: '${FleetBus.Arn}' });
    expect(statements(template, 'RotatorRole')).toContainEqual({
      Sid: 'AnnounceOnEventBus',
      Effect: 'Allow',
      Action: 'events:PutEvents',
      Resource: '${FleetBus.Arn}',
      Condition: { StringEquals: { 'events:source': 'tunnel-token-rotator' } },
    });
  });

  test('through two channels of one kind are refused', () => {
    expect(() => rotatorStack({ announcements: [AnnouncementChannel.mqtt(), AnnouncementChannel.mqtt({ topicPrefix: 'acme' })] }))
      .toThrow('announcements must name each kind of channel at most once, but names MQTT twice');
  });
});

describe('a VPC', () => {
  const template = withResources((stack) => {
    const vpc = new Vpc(stack, 'Vpc');
    return { vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS }, securityGroups: [new SecurityGroup(stack, 'Group', { vpc })] };
  });

  test.each(FUNCTIONS)('houses %s', (name) => {
    expect(resource(template, 'AWS::Lambda::Function', name).Properties.VpcConfig).toEqual({
      SubnetIds: [expect.anything(), expect.anything()],
      SecurityGroupIds: [expect.anything()],
    });
  });

  test.each(ROLES)('lets %s manage its network interfaces', (role) => {
    expect(sids(template, role)).toContain('JoinVpc');
    expect(sids(rotatorStack().template(), role)).not.toContain('JoinVpc');
  });

  test('is needed for subnets and security groups', () => {
    expect(() => rotatorStack({ vpcSubnets: { subnetType: SubnetType.PUBLIC } })).toThrow('vpcSubnets needs a vpc to be in, but vpc is not set');
    expect(() => rotatorStack({ securityGroups: [] })).toThrow('securityGroups needs a vpc to be in, but vpc is not set');
  });
});

describe('both functions alike', () => {
  test.each(FUNCTIONS)('%s takes another architecture and tracing', (name) => {
    const template = rotatorStack({ architecture: Architecture.X86_64, tracing: Tracing.ACTIVE }).template();
    expect(resource(template, 'AWS::Lambda::Function', name).Properties).toMatchObject({ Architectures: ['x86_64'], TracingConfig: { Mode: 'Active' } });
  });

  test.each(['RotatorLogs', 'RotatorSweeperLogs'])('%s are kept as long as you say', (name) => {
    const template = rotatorStack({ logRetention: RetentionDays.ONE_WEEK, removalPolicy: RemovalPolicy.RETAIN }).template();
    expect(resource(template, 'AWS::Logs::LogGroup', name)).toMatchObject({ Properties: { RetentionInDays: 7 }, DeletionPolicy: 'Retain' });
    expect(resource(template, 'AWS::DynamoDB::Table', 'RotatorLedger').DeletionPolicy).toBe('Retain');
  });
});

describe('numbers', () => {
  test('reach the functions', () => {
    const template = rotatorStack({ sweepCallsPerSecond: 0.5, maxConcurrency: 20 }).template();
    expect(resource(template, 'AWS::Lambda::Function', 'RotatorSweeperFunction').Properties.Environment.Variables.SWEEP_CALLS_PER_SECOND).toBe('0.5');
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { ScalingConfig: { MaximumConcurrency: 20 } });
  });

  test.each([0, -1, NaN, Infinity])('sweepCallsPerSecond cannot be %s', (sweepCallsPerSecond) => {
    expect(() => rotatorStack({ sweepCallsPerSecond })).toThrow(`sweepCallsPerSecond must be a number above 0, but is ${sweepCallsPerSecond}`);
  });

  test.each([0, 1, 2.5, 1001])('maxConcurrency cannot be %s', (maxConcurrency) => {
    expect(() => rotatorStack({ maxConcurrency }))
      .toThrow(`maxConcurrency must be a whole number from 2 to 1000, as Lambda allows for a queue, but is ${maxConcurrency}`);
  });
});

describe('the sweep', () => {
  test('can be off: the function stays for whoever invokes it, its schedule and its alarm don\'t run', () => {
    const template = rotatorStack({ sweepEnabled: false }).template();
    template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(1 minute)', State: 'DISABLED' });
    resource(template, 'AWS::Lambda::Function', 'RotatorSweeperFunction');
    expect(() => resource(template, 'AWS::CloudWatch::Alarm', 'RotatorAlarmsSweeperNotRunning')).toThrow('expected one');
  });
});

describe('an event pattern of your own', () => {
  const source = () => DisconnectSource.eventBridge({ eventPattern: { source: ['acme.fleet'], detailType: ['Agent Offline'] } });

  test('replaces the default one', () => {
    rotatorStack({ disconnectSources: [source()] }).template()
      .hasResourceProperties('AWS::Events::Rule', { EventPattern: { 'source': ['acme.fleet'], 'detail-type': ['Agent Offline'] } });
  });

  test('lives beside the default one', () => {
    expect(() => rotatorStack({ disconnectSources: [DisconnectSource.eventBridge(), source()] }).template()).not.toThrow();
  });
});

describe('what a team asks for', () => {
  test('tags of its own on the secrets, which the rotator makes at run time', () => {
    expect(environment(rotatorStack({ secretTags: { owner: 'fleet', 'cost-center': '42' } }).template())).toMatchObject({ SECRET_TAGS: '{"owner":"fleet","cost-center":"42"}' });
    expect(environment(rotatorStack().template())).not.toHaveProperty('SECRET_TAGS');
  });

  test.each(['', 'aws:team', 'tunnel-token-rotator:tunnel', 'x'.repeat(129)])('but not the tag %s', (key) => {
    expect(() => rotatorStack({ secretTags: { [key]: 'x' } })).toThrow(`secretTags must have keys of 1 to 128 characters that begin with neither aws: nor tunnel-token-rotator:, but one is '${key}'`);
  });

  test('a key of its own for the logs, which CloudWatch Logs may use for log groups of this account and region', () => {
    const template = withResources((stack) => ({ logEncryptionKey: new Key(stack, 'LogKey') }));
    const groups = Object.values(template.findResources('AWS::Logs::LogGroup'));
    expect(groups.map(({ Properties }) => readable(Properties.KmsKeyId))).toEqual(Array(3).fill('${LogKey.Arn}'));
    expect(readable(resource(template, 'AWS::KMS::Key', 'LogKey').Properties.KeyPolicy.Statement)).toContainEqual({
      Effect: 'Allow',
      Principal: { Service: 'logs.${AWS::Region}.amazonaws.com' },
      Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      Resource: '*',
      Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:*' } },
    });
  });

  test('the functions and their log groups, the cleaner included', () => {
    const { rotator, stack } = rotatorStack();
    expect(rotator.logGroups.map(({ logGroupName }) => readable(stack.resolve(logGroupName)))).toEqual(['${RotatorLogs}', '${RotatorSweeperLogs}', '${RotatorSecretCleanupLogs}']);
    expect(readable(stack.resolve(rotator.cleanerFunction.functionArn))).toBe('${RotatorSecretCleanupFunction.Arn}');
  });

  test('another log level and more memory, for every function', () => {
    const template = rotatorStack({ logLevel: ApplicationLogLevel.DEBUG, memorySize: 512 }).template();
    for (const { Properties } of Object.values(template.findResources('AWS::Lambda::Function'))) {
      expect(Properties).toMatchObject({ MemorySize: 512, LoggingConfig: { ApplicationLogLevel: 'DEBUG' } });
    }
  });
});
