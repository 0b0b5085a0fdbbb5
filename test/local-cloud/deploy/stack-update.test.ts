import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { withCloud } from '../support';

const running = withCloud();
const directory = mkdtempSync(path.join(tmpdir(), 'assembly-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Deploys a template that is written by hand, under one name again and again. */
function deploy(Resources: object) {
  writeFileSync(path.join(directory, 'manifest.json'), JSON.stringify({
    artifacts: { Hand: { type: 'aws:cloudformation:stack', properties: { templateFile: 'Hand.json' } } },
  }));
  writeFileSync(path.join(directory, 'Hand.assets.json'), JSON.stringify({
    files: { handler: { source: { path: path.join(__dirname, '..', 'fixtures', 'handler'), packaging: 'zip' }, destinations: { here: { objectKey: 'handler.zip' } } } },
  }));
  writeFileSync(path.join(directory, 'Hand.json'), JSON.stringify({ Resources }));
  return running.cloud.deploy(directory);
}

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
    const Role = {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: { Statement: { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' } },
        Policies: [{ PolicyName: 'p', PolicyDocument: { Statement: { Effect: 'Allow', Action: 'logs:*', Resource: '*' } } }],
      },
    };
    const handler = (COLOR: string) => ({
      Type: 'AWS::Lambda::Function',
      Properties: {
        Code: { S3Bucket: 'assets', S3Key: 'handler.zip' }, Handler: 'index.handler', Runtime: 'nodejs22.x',
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] }, Environment: { Variables: { COLOR } },
      },
    });
    const color = async () => (await running.cloud.functions.invoke('Hand-Handler', { do: 'environment' }) as { payload?: { COLOR?: string } }).payload?.COLOR;
    await deploy({ Role, Handler: handler('red') });
    expect(await color()).toBe('red');
    const { destroy } = await deploy({ Role, Handler: handler('blue') });
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

  test('GIVEN a resource that outlives its stack THEN it stays when the stack goes', async () => {
    const { physicalIds: { Queue }, destroy } = await deploy({ Queue: { ...queue(7), DeletionPolicy: 'Retain' } });
    await destroy();
    expect(await visibility(Queue)).toMatchObject({ VisibilityTimeout: '7' });
  });
});
