import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { withCloud } from '../support';
import { byHand, handler, role } from './by-hand';

const running = withCloud();
const deploy = byHand(running);

const queue = (VisibilityTimeout: number) => ({ Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout } });
const visibility = async (QueueUrl: string) =>
  (await running.clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout', 'ApproximateNumberOfMessages'] }))).Attributes;

describe('WHEN a stack is deployed again', () => {
  test('GIVEN other properties THEN a queue changes in place, its messages stay, and what the template lost is gone', async () => {
    const { physicalIds: { Queue, Other } } = await deploy({ Queue: queue(7), Other: queue(8) });
    await running.clients.sqs.send(new SendMessageCommand({ QueueUrl: Queue, MessageBody: 'still here' }));

    const after = await deploy({ Queue: queue(9) });

    expect(after.physicalIds).toEqual({ Queue });
    expect(await visibility(Queue)).toEqual({ VisibilityTimeout: '9', ApproximateNumberOfMessages: '1' });
    await expect(visibility(Other)).rejects.toThrow();
    await after.destroy();
  });

  test('GIVEN a fault midway THEN it is as it was before', async () => {
    const { physicalIds: { Queue }, destroy } = await deploy({ Queue: queue(7) });
    await expect(deploy({ Queue: queue(9), New: queue(10), Odd: { Type: 'AWS::S3::Bucket', DependsOn: ['Queue', 'New'] } })).rejects.toThrow('AWS::S3::Bucket');
    expect(await visibility(Queue)).toMatchObject({ VisibilityTimeout: '7' });
    expect([...running.cloud.queues.keys()].filter((name) => name.startsWith('Hand-New'))).toEqual([]);
    await destroy();
  });

  test('GIVEN another environment THEN a function has it from its next invocation on', async () => {
    const Role = role({ Effect: 'Allow', Action: 'logs:*', Resource: '*' });
    const painted = (COLOR: string) => handler(['Role', 'Arn'], { Environment: { Variables: { COLOR } } });
    const color = async () => (await running.cloud.functions.invoke('Hand-Handler', { do: 'environment' }) as { payload?: { COLOR?: string } }).payload?.COLOR;
    await deploy({ Role, Handler: painted('red') });
    expect(await color()).toBe('red');
    const { destroy } = await deploy({ Role, Handler: painted('blue') });
    expect(await color()).toBe('blue');
    await destroy();
  });

  test('GIVEN a table THEN its rows stay, and a change that would lose them is refused', async () => {
    const table = (attribute: string, rest = {}) => ({
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST', KeySchema: [{ AttributeName: attribute, KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: attribute, AttributeType: 'S' }], ...rest,
      },
    });
    const { physicalIds: { Table: TableName } } = await deploy({ Table: table('id') });
    await running.clients.dynamodb.send(new PutItemCommand({ TableName, Item: { id: { S: 'row' } } }));
    const { destroy } = await deploy({ Table: table('id', { DeletionProtectionEnabled: true }) });
    await expect(deploy({ Table: table('other') })).rejects.toThrow('Table: a change of these properties is not known here');
    expect((await running.clients.dynamodb.send(new ScanCommand({ TableName }))).Count).toBe(1);
    await destroy();
  });

  test('GIVEN a change that is refused THEN what was to change does what it did before', async () => {
    const rule = (pattern: object) => ({ Type: 'AWS::Events::Rule', Properties: { EventPattern: pattern, Targets: [{ Id: '1', Arn: { 'Fn::GetAtt': ['Queue', 'Arn'] } }] } });
    const policy = { Type: 'AWS::SQS::QueuePolicy', Properties: { Queues: [{ Ref: 'Queue' }], PolicyDocument: { Statement: { Effect: 'Allow', Principal: '*', Action: 'sqs:*', Resource: '*' } } } };
    const { destroy, physicalIds: { Queue } } = await deploy({ Queue: queue(7), Policy: policy, Rule: rule({ source: ['mine'] }) });
    await expect(deploy({ Queue: queue(7), Policy: policy, Rule: rule({ source: [{ regex: 'x' }] }) })).rejects.toThrow("'regex'");
    await running.clients.events.send(new PutEventsCommand({ Entries: [{ Source: 'mine', DetailType: 'any', Detail: '{}' }] }));
    await running.cloud.idle();
    expect(await visibility(Queue)).toMatchObject({ ApproximateNumberOfMessages: '1' });
    await destroy();
  });

  describe('GIVEN policies of roles', () => {
    const bare = { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: { Statement: [] } } };
    const may = (action: string) => ({ Statement: { Effect: 'Allow', Action: action, Resource: '*' } });
    const policy = (action: string, roles: string[], PolicyName = 'p') =>
      ({ Type: 'AWS::IAM::Policy', Properties: { PolicyName, PolicyDocument: may(action), Roles: roles.map((Ref) => ({ Ref })) } });
    const managed = (action: string, roles: string[] = [], rest = {}) =>
      ({ Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: may(action), Roles: roles.map((Ref) => ({ Ref })), ...rest } });
    const rights = ({ physicalIds }: { physicalIds: Readonly<Record<string, string>> }) => ['One', 'Two'].map((each) =>
      running.cloud.roles.get(physicalIds[each]).statements.flatMap(({ actions = [] }) => actions).sort());

    test.each<[string, (roles: string[], action: string) => object]>([
      ['inline', (roles, action) => policy(action, roles)], ['managed', (roles, action) => managed(action, roles)],
    ])('WHEN an %s one says something else, or is of other roles THEN those have it who are named, and no other', async (_, made) => {
      const first = await deploy({ One: bare, Two: bare, Policy: made(['One'], 'sqs:SendMessage') });
      expect(rights(first)).toEqual([['sqs:SendMessage'], []]);
      expect(rights(await deploy({ One: bare, Two: bare, Policy: made(['One', 'Two'], 'sqs:ReceiveMessage') }))).toEqual([['sqs:ReceiveMessage'], ['sqs:ReceiveMessage']]);
      expect(rights(await deploy({ One: bare, Two: bare, Policy: made(['Two'], 'sqs:ReceiveMessage') }))).toEqual([[], ['sqs:ReceiveMessage']]);
      await expect(deploy({ One: bare, Two: bare, Policy: made(['One'], 'sqs:*'), Odd: { Type: 'AWS::S3::Bucket', DependsOn: 'Policy' } })).rejects.toThrow();
      expect(rights(first)).toEqual([[], ['sqs:ReceiveMessage']]);
      const last = await deploy({ One: bare, Two: bare });
      expect(rights(last)).toEqual([[], []]);
      await last.destroy();
    });

    test('WHEN a managed one that a role names is changed THEN the role has what it says now, also under another name', async () => {
      const One = { ...bare, Properties: { ...bare.Properties, ManagedPolicyArns: [{ Ref: 'Policy' }] } };
      const first = await deploy({ Two: bare, Policy: managed('sqs:SendMessage'), One });
      expect(rights(await deploy({ Two: bare, Policy: managed('sqs:ReceiveMessage'), One }))).toEqual([['sqs:ReceiveMessage'], []]);
      const renamed = await deploy({ Two: bare, Policy: managed('sqs:PurgeQueue', [], { ManagedPolicyName: 'mine' }), One });
      expect(rights(renamed)).toEqual([['sqs:PurgeQueue'], []]);
      expect(running.cloud.roles.knowsManagedPolicy(first.physicalIds.Policy)).toBe(false);
      await renamed.destroy();
    });

    test.each([
      ['an inline one', { One: bare, Policy: policy(`sqs:${'x'.repeat(10_240)}`, ['One']) }, 'Maximum policy size of 10240 bytes exceeded for role Hand-One'],
      ['two inline ones together', { One: bare, A: policy(`sqs:${'x'.repeat(5_000)}`, ['One'], 'a'), B: policy(`sqs:${'x'.repeat(5_200)}`, ['One'], 'b') }, 'Maximum policy size of 10240'],
      ['a managed one', { Policy: managed(`sqs:${'x'.repeat(6_144)}`) }, 'Cannot exceed quota for PolicySize: 6144'],
    ])('WHEN %s is larger than IAM takes THEN that is refused', async (_, resources, refusal) => {
      await expect(deploy(resources)).rejects.toThrow(refusal);
    });
  });

  test('GIVEN another type under the same logical id THEN that is refused, as CloudFormation refuses it', async () => {
    const { destroy } = await deploy({ Queue: queue(7) });
    await expect(deploy({ Queue: { Type: 'AWS::SNS::Topic' } })).rejects.toThrow('Queue: Update of resource type is not permitted');
    await destroy();
  });

  test('GIVEN a resource that outlives its stack THEN it stays when the stack goes', async () => {
    const { physicalIds: { Queue }, destroy } = await deploy({ Queue: { ...queue(7), DeletionPolicy: 'Retain' } });
    await destroy();
    expect(await visibility(Queue)).toMatchObject({ VisibilityTimeout: '7' });
  });
});
