import { DescribeTableCommand, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { tmpdir } from 'node:os';
import { DeploymentError } from '../../../local-cloud/deploy/errors';
import { refusal, withCloud } from '../support';
import { byHand, handler, role } from './by-hand';

const running = withCloud();
const deploy = byHand(running);

const queue = { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 7 } };
const table = {
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    TableName: 'rows', BillingMode: 'PAY_PER_REQUEST', KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }], TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  },
};
test('a stack tells what it made, and takes it down again', async () => {
  const { Outputs } = { Outputs: { Url: { Value: { Ref: 'Queue' } }, Where: { Value: { Ref: 'AWS::Region' } }, Given: { Value: { Ref: 'Stage' } } } };
  const stack = await deploy({ Queue: queue }, { Outputs, Parameters: { Stage: { Type: 'String', Default: 'test' } } });
  expect(stack.outputs).toEqual({ Url: stack.physicalIds.Queue, Where: 'eu-west-1', Given: 'test' });
  expect(stack.resources).toMatchObject([{ logicalId: 'Queue', type: 'AWS::SQS::Queue', physicalId: expect.stringContaining('/123456789012/Hand-Queue-') }]);
  const attributes = () => running.clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl: stack.physicalIds.Queue, AttributeNames: ['VisibilityTimeout'] }));
  expect((await attributes()).Attributes).toEqual({ VisibilityTimeout: '7' });
  await stack.destroy();
  expect(await refusal(attributes())).toBe('QueueDoesNotExist');
});

test('a condition that does not hold leaves its resource out', async () => {
  const Conditions = { Never: { 'Fn::Equals': ['a', 'b'] } };
  const stack = await deploy({ Queue: { ...queue, Condition: 'Never' } }, { Conditions });
  expect(stack.resources).toEqual([]);
});

test('a table is ready when the deployment is, and checks conditions', async () => {
  const stack = await deploy({ Table: table });
  const { dynamodb } = running.clients;
  expect((await dynamodb.send(new DescribeTableCommand({ TableName: 'rows' }))).Table?.TableStatus).toBe('ACTIVE');
  await dynamodb.send(new PutItemCommand({ TableName: 'rows', Item: { id: { S: 'a' }, generation: { N: '1' } } }));
  const claim = (seen: string) => dynamodb.send(new UpdateItemCommand({
    TableName: 'rows', Key: { id: { S: 'a' } }, UpdateExpression: 'SET generation = :next', ConditionExpression: 'generation = :seen',
    ExpressionAttributeValues: { ':next': { N: '2' }, ':seen': { N: seen } },
  }));
  expect(await Promise.all([refusal(claim('1')), refusal(claim('1'))])).toEqual(expect.arrayContaining(['no error', 'ConditionalCheckFailedException']));
  expect((await dynamodb.send(new GetItemCommand({ TableName: 'rows', Key: { id: { S: 'a' } } }))).Item).toMatchObject({ generation: { N: '2' } });
  await stack.destroy();
});

describe('a function', () => {
  test('whose role cannot write logs is found out', async () => {
    const stack = await deploy({ Role: role({ Effect: 'Allow', Action: 'sqs:*', Resource: '*' }), Handler: handler(['Role', 'Arn']) });
    await running.cloud.functions.invoke('Hand-Handler', { do: 'nothing' });
    expect(running.cloud.calls.denied).toMatchObject([{ service: 'logs', action: 'PutLogEvents', caller: stack.physicalIds.Handler }]);
    await stack.destroy();
  });

  test('is held back by its role\'s permissions boundary, and helped by a managed policy', async () => {
    const policy = (statement: object) => ({ Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: { Statement: statement } } });
    const bounded = role({ Effect: 'Allow', Action: 'logs:CreateLogStream', Resource: '*' });
    const stack = await deploy({
      Boundary: policy({ Effect: 'Allow', Action: 'logs:CreateLogStream', Resource: '*' }),
      Extra: policy({ Effect: 'Allow', Action: 'logs:PutLogEvents', Resource: '*' }),
      Role: { ...bounded, Properties: { ...bounded.Properties, ManagedPolicyArns: [{ Ref: 'Extra' }], PermissionsBoundary: { Ref: 'Boundary' } } },
      Handler: handler(['Role', 'Arn']),
    });
    const before = running.cloud.calls.denied.length;
    await running.cloud.functions.invoke('Hand-Handler', { do: 'nothing' });
    expect(running.cloud.calls.denied.slice(before)).toMatchObject([{ message: expect.stringContaining('perform: logs:PutLogEvents') }]);
    expect(stack.notes).toEqual([]);
    await stack.destroy();
  });

  test('whose boundary is not in the template is noted', async () => {
    const stack = await deploy({ Role: { ...role({ Effect: 'Allow', Action: '*', Resource: '*' }), Properties: { ...role({ Effect: 'Allow', Action: '*', Resource: '*' }).Properties, PermissionsBoundary: 'arn:aws:iam::123456789012:policy/elsewhere' } } });
    expect(stack.notes).toEqual([expect.stringContaining('policy/elsewhere')]);
    await stack.destroy();
  });

  test.each([
    ['a role that Lambda cannot take on', role({ Effect: 'Allow', Action: '*', Resource: '*' }, 'ec2.amazonaws.com'), {}, 'sts:AssumeRole'],
    ['a runtime that is not Node.js', role({ Effect: 'Allow', Action: '*', Resource: '*' }), { Runtime: 'python3.13' }, 'python3.13'],
    ['code that is not in the assembly', role({ Effect: 'Allow', Action: '*', Resource: '*' }), { Code: { S3Bucket: 'assets', S3Key: 'other.zip' } }, 'other.zip'],
  ])('with %s is refused', async (_, itsRole, rest, name) => {
    await expect(deploy({ Role: itsRole, Handler: handler(['Role', 'Arn'], rest) })).rejects.toThrow(name);
  });

  test.each([
    ['a visibility timeout below the function\'s', { Effect: 'Allow', Action: '*', Resource: '*' }, 'less than Function timeout'],
    ['a role that cannot poll', { Effect: 'Allow', Action: 'sqs:ReceiveMessage', Resource: '*' }, 'sqs:DeleteMessage'],
  ])('behind a queue with %s is refused', async (_, statement, name) => {
    const Timeout = name.includes('timeout') ? 8 : 7;
    await expect(deploy({
      Role: role(statement), Queue: queue, Handler: handler(['Role', 'Arn'], { Timeout }),
      Mapping: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { FunctionName: { Ref: 'Handler' }, EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] } } },
    })).rejects.toThrow(name);
  });
});

test('what fails midway takes down what it had made', async () => {
  const before = running.cloud.queues.size;
  await expect(deploy({ Queue: queue, Odd: { Type: 'AWS::S3::Bucket', DependsOn: 'Queue' } })).rejects.toThrow('AWS::S3::Bucket');
  expect(running.cloud.queues.size).toBe(before);
});

const rule = (Properties: object) => ({ Type: 'AWS::Events::Rule', Properties });
const topicRule = (TopicRulePayload: object) => ({
  Role: role({ Effect: 'Allow', Action: '*', Resource: '*' }, 'iot.amazonaws.com'),
  Rule: { Type: 'AWS::IoT::TopicRule', Properties: { TopicRulePayload: { AwsIotSqlVersion: '2016-03-23', Actions: [], ...TopicRulePayload } } },
});

test.each([
  ['a resource type', { Odd: { Type: 'AWS::S3::Bucket' } }, ["Odd: resource type 'AWS::S3::Bucket'"]],
  ['a property', { Odd: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } } }, ['Odd', "'FifoQueue'"]],
  ['a resource attribute', { Odd: { ...queue, CreationPolicy: {} } }, ['Odd', "'CreationPolicy'"]],
  ['an intrinsic function', { Odd: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Base64': 'x' } } } }, ['Odd.QueueName', "'Fn::Base64'"]],
  ['a pattern operator', { Odd: rule({ EventPattern: { source: [{ regex: 'x' }] } }) }, ["'regex'"]],
  ['a schedule', { Odd: rule({ ScheduleExpression: 'cron(0 12 * * ? *)' }) }, ['cron(0 12 * * ? *)']],
  ['a target', { Odd: rule({ Targets: [{ Id: '1', Arn: 'arn:aws:sns:eu-west-1:123456789012:t' }] }) }, ['Odd.Targets[0]', 'arn:aws:sns']],
  ['an SQL function', topicRule({ Sql: "SELECT newuuid() AS id FROM 'a'" }), ['newuuid']],
  ['an SQL version', topicRule({ Sql: "SELECT * FROM 'a'", AwsIotSqlVersion: '2015-10-08' }), ['Rule', '2015-10-08']],
  ['a rule action', topicRule({ Sql: "SELECT * FROM 'a'", Actions: [{ Kinesis: {} }] }), ['Rule', "'Kinesis'"]],
  ['a condition operator', { Odd: role({ Effect: 'Allow', Action: '*', Resource: '*', Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }) }, ['IpAddress']],
  ['a managed policy', { Odd: { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: { Statement: [] }, ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] } } }, ['AdministratorAccess']],
  ['a parameter without value', { Odd: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'Given' } } } }, ['Given']],
])('%s that is not known is refused by name', async (_, resources, names) => {
  const error = await deploy(resources, { Parameters: { Given: { Type: 'String' } } }).catch((thrown: Error) => thrown);
  expect(error).toBeInstanceOf(Error);
  for (const name of names) expect((error as Error).message).toContain(name);
});

test('a directory that is no assembly is refused', async () => {
  await expect(running.cloud.deploy(tmpdir())).rejects.toThrow(DeploymentError);
});
