import {
  ChangeMessageVisibilityCommand, CreateQueueCommand, DeleteMessageBatchCommand, DeleteMessageCommand, GetQueueAttributesCommand, GetQueueUrlCommand, ListQueuesCommand,
  PurgeQueueCommand, ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand, StartMessageMoveTaskCommand, type Message,
} from '@aws-sdk/client-sqs';
import { md5OfAttributes } from '../../local-cloud/sqs/digest';
import { refusal, withCloud } from './support';

const running = withCloud();
const sqs = () => running.clients.sqs;

const queue = async (QueueName: string, Attributes = {}) => (await sqs().send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl!;
const send = (QueueUrl: string, MessageBody: string, rest = {}) => sqs().send(new SendMessageCommand({ QueueUrl, MessageBody, ...rest }));
const receive = async (QueueUrl: string, rest = {}): Promise<Message[]> =>
  (await sqs().send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'], ...rest }))).Messages ?? [];
const bodies = async (QueueUrl: string, rest = {}) => (await receive(QueueUrl, rest)).map(({ Body }) => Body);

test('a message is received, hidden, and comes again when its visibility timeout is over', async () => {
  const url = await queue('visibility', { VisibilityTimeout: '20' });
  await send(url, 'hello');
  const [message] = await receive(url);
  expect(message).toMatchObject({ Body: 'hello', Attributes: { ApproximateReceiveCount: '1' } });
  expect(await bodies(url)).toEqual([]);
  await running.cloud.advance(20_000);
  const [again] = await receive(url);
  expect(again.Attributes?.ApproximateReceiveCount).toBe('2');
  expect(again.Attributes?.ApproximateFirstReceiveTimestamp).toBe(message.Attributes?.ApproximateFirstReceiveTimestamp);
  expect(again.Attributes?.SentTimestamp).toBe(message.Attributes?.SentTimestamp);
});

test('a deleted message does not come again, even by an older receipt', async () => {
  const url = await queue('deleted', { VisibilityTimeout: '20' });
  await send(url, 'hello');
  const [first] = await receive(url);
  await running.cloud.advance(20_000);
  await receive(url);
  await sqs().send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: first.ReceiptHandle }));
  await running.cloud.advance(20_000);
  expect(await bodies(url)).toEqual([]);
});

test('visibility can be changed while a message is in flight, and not after', async () => {
  const url = await queue('changed', { VisibilityTimeout: '20' });
  await send(url, 'hello');
  const [{ ReceiptHandle }] = await receive(url);
  const change = (VisibilityTimeout: number) => sqs().send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout }));
  await change(60);
  await running.cloud.advance(30_000);
  expect(await bodies(url)).toEqual([]);
  await change(0);
  expect(await refusal(change(60))).toBe('MessageNotInflight');
  expect(await bodies(url)).toEqual(['hello']);
});

test('a delay hides a new message, by queue or by message', async () => {
  const url = await queue('delayed', { DelaySeconds: '5' });
  await send(url, 'by queue');
  await send(url, 'by message', { DelaySeconds: 60 });
  await send(url, 'at once', { DelaySeconds: 0 });
  expect(await bodies(url)).toEqual(['at once']);
  await running.cloud.advance(5_000);
  expect(await bodies(url)).toEqual(['by queue']);
  await running.cloud.advance(55_000);
  expect(await bodies(url)).toContain('by message');
});

test('long polling returns as soon as a message is there', async () => {
  const url = await queue('polled');
  const waiting = receive(url, { WaitTimeSeconds: 20 });
  await send(url, 'hello');
  expect((await waiting).map(({ Body }) => Body)).toEqual(['hello']);
});

test('a message that was received too often moves to the dead-letter queue', async () => {
  const dead = await queue('dead');
  const url = await queue('redriven', {
    VisibilityTimeout: '1', RedrivePolicy: JSON.stringify({ deadLetterTargetArn: 'arn:aws:sqs:eu-west-1:123456789012:dead', maxReceiveCount: '2' }),
  });
  const { MessageId } = await send(url, 'poison');
  for (let count = 1; count <= 2; count += 1) {
    expect(await bodies(url)).toEqual(['poison']);
    await running.cloud.advance(1_000);
  }
  expect(await bodies(url)).toEqual([]);
  const [message] = await receive(dead);
  expect(message).toMatchObject({ MessageId, Body: 'poison' });
});

test('a message is forgotten when its retention is over', async () => {
  const url = await queue('retained', { MessageRetentionPeriod: '60' });
  await send(url, 'old');
  await running.cloud.advance(60_000);
  expect(await bodies(url)).toEqual([]);
});

describe('batches', () => {
  test('entries succeed and fail one by one', async () => {
    const url = await queue('batch');
    const { Successful, Failed } = await sqs().send(new SendMessageBatchCommand({
      QueueUrl: url, Entries: [{ Id: 'good', MessageBody: 'a' }, { Id: 'bad', MessageBody: 'b', DelaySeconds: 901 }],
    }));
    expect(Successful?.map(({ Id }) => Id)).toEqual(['good']);
    expect(Failed).toMatchObject([{ Id: 'bad', Code: 'InvalidParameterValue', SenderFault: true }]);
    const [{ ReceiptHandle }] = await receive(url);
    const deleted = await sqs().send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: [{ Id: '1', ReceiptHandle }, { Id: '2', ReceiptHandle: 'nonsense' }] }));
    expect(deleted.Failed).toMatchObject([{ Id: '2', Code: 'ReceiptHandleIsInvalid' }]);
  });

  test.each([
    ['no entries', [], 'EmptyBatchRequest'],
    ['two entries of one id', [{ Id: '1', MessageBody: 'a' }, { Id: '1', MessageBody: 'b' }], 'BatchEntryIdsNotDistinct'],
    ['eleven entries', Array.from({ length: 11 }, (_, index) => ({ Id: `${index}`, MessageBody: 'a' })), 'TooManyEntriesInBatchRequest'],
    ['too much in all', [{ Id: '1', MessageBody: 'a'.repeat(600_000) }, { Id: '2', MessageBody: 'a'.repeat(600_000) }], 'BatchRequestTooLong'],
  ])('%s: refused as a whole', async (_, Entries, name) => {
    const url = await queue('batch');
    expect(await refusal(sqs().send(new SendMessageBatchCommand({ QueueUrl: url, Entries })))).toBe(name);
  });
});

test('message attributes have the digest that AWS works out', () => {
  expect(md5OfAttributes({ timestamp: { DataType: 'Number', StringValue: '1493147359900' } })).toBe('235c5c510d26fb653d073faed50ae77c');
});

test('message attributes come along', async () => {
  const url = await queue('attributes');
  const MessageAttributes = { color: { DataType: 'String', StringValue: 'red' }, size: { DataType: 'Number', StringValue: '7' } };
  const { MD5OfMessageAttributes } = await send(url, 'hello', { MessageAttributes });
  const [message] = await receive(url, { MessageAttributeNames: ['All'] });
  expect(message.MessageAttributes).toMatchObject(MessageAttributes);
  expect(message.MD5OfMessageAttributes).toBe(MD5OfMessageAttributes);
});

test('attributes count what is visible, delayed and in flight', async () => {
  const url = await queue('counted');
  await send(url, 'in flight');
  await receive(url);
  await send(url, 'visible');
  await send(url, 'delayed', { DelaySeconds: 60 });
  const { Attributes } = await sqs().send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }));
  expect(Attributes).toMatchObject({
    QueueArn: 'arn:aws:sqs:eu-west-1:123456789012:counted',
    ApproximateNumberOfMessages: '1', ApproximateNumberOfMessagesDelayed: '1', ApproximateNumberOfMessagesNotVisible: '1',
  });
  await sqs().send(new PurgeQueueCommand({ QueueUrl: url }));
  expect(await bodies(url)).toEqual([]);
});

test.each([
  ['a queue that is not there', () => sqs().send(new GetQueueUrlCommand({ QueueName: 'nowhere' })), 'QueueDoesNotExist'],
  ['a message that is too long', async () => send(await queue('long'), 'x'.repeat(1_048_577)), 'InvalidParameterValue'],
  ['an unknown attribute', () => queue('odd', { Colour: 'red' }), 'InvalidAttributeName'],
  ['an attribute out of range', () => queue('odd', { VisibilityTimeout: '43201' }), 'InvalidAttributeValue'],
  ['a FIFO queue', () => queue('odd.fifo'), 'InvalidParameterValue'],
  ['a text attribute without text', async () => send(await queue('empty'), 'x', { MessageAttributes: { a: { DataType: 'String' } } }), 'InvalidParameterValue'],
  ['a deduplication id', async () => send(await queue('deduplicated'), 'x', { MessageDeduplicationId: 'x' }), 'ValidationException'],
  ['a page of no queues', () => sqs().send(new ListQueuesCommand({ MaxResults: 0 })), 'InvalidParameterValue'],
] as const)('%s is refused', async (_, call, name) => {
  expect(await refusal(call())).toBe(name);
});

test('GIVEN a queue WHEN it is created again THEN the same attributes find it, and others are refused', async () => {
  const url = await queue('again', { VisibilityTimeout: '7' });
  expect(await queue('again', { VisibilityTimeout: '7' })).toBe(url);
  expect(await queue('again')).toBe(url);
  expect(await refusal(queue('again', { VisibilityTimeout: '8' }))).toBe('QueueNameExists');
});

test('queues are listed page by page', async () => {
  for (const name of ['paged-1', 'paged-2', 'paged-3']) await queue(name);
  const first = await sqs().send(new ListQueuesCommand({ QueueNamePrefix: 'paged-', MaxResults: 2 }));
  const second = await sqs().send(new ListQueuesCommand({ QueueNamePrefix: 'paged-', MaxResults: 2, NextToken: first.NextToken }));
  expect([first.QueueUrls, second.QueueUrls, second.NextToken].map((page) => page?.length)).toEqual([2, 1, undefined]);
});

/** The header that boto3 and the aws command line take an error's code from. */
async function queryError(action: string, input: object): Promise<string | null> {
  const response = await fetch(running.cloud.endpoint, {
    method: 'POST', body: JSON.stringify(input),
    headers: {
      'x-amz-target': `AmazonSQS.${action}`, 'x-amzn-query-mode': 'true',
      'authorization': 'AWS4-HMAC-SHA256 Credential=LOCALUSER/20260101/eu-west-1/sqs/aws4_request',
    },
  });
  return response.headers.get('x-amzn-query-error');
}

test.each([
  ['GetQueueUrl', { QueueName: 'nowhere' }, 'AWS.SimpleQueueService.NonExistentQueue;Sender'],
  ['CreateQueue', { QueueName: 'former', Attributes: { DelaySeconds: '9' } }, 'QueueAlreadyExists;Sender'],
  ['SendMessageBatch', { Entries: [] }, 'AWS.SimpleQueueService.EmptyBatchRequest;Sender'],
  ['SendMessageBatch', { Entries: Array.from({ length: 11 }, (_, id) => ({ Id: `${id}`, MessageBody: 'x' })) }, 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest;Sender'],
  ['SendMessageBatch', { Entries: [{ Id: 'a', MessageBody: 'x' }, { Id: 'a', MessageBody: 'x' }] }, 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct;Sender'],
  ['SendMessageBatch', { Entries: [{ Id: 'a b', MessageBody: 'x' }] }, 'AWS.SimpleQueueService.InvalidBatchEntryId;Sender'],
  ['SendMessage', { MessageBody: '' }, 'InvalidParameterValue;Sender'],
] as const)('%s %j: the older protocol calls the error %s', async (action, input, code) => {
  const QueueUrl = await queue('former');
  expect(await queryError(action, 'QueueName' in input ? input : { QueueUrl, ...input })).toBe(code);
});

test('what lies in a dead-letter queue is sent back, as new messages; what is none has nowhere to go', async () => {
  const arn = (name: string) => `arn:aws:sqs:eu-west-1:123456789012:${name}`;
  const dead = await queue('redrive-dead');
  const url = await queue('redrive', { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn('redrive-dead'), maxReceiveCount: 1 }), VisibilityTimeout: '1' });
  await send(url, 'poison');
  await receive(url);
  await running.cloud.advance(1_000);
  expect(await bodies(url)).toEqual([]);
  const move = (SourceArn: string, DestinationArn?: string) => sqs().send(new StartMessageMoveTaskCommand({ SourceArn, DestinationArn }));
  await move(arn('redrive-dead'), arn('redrive'));
  const [again] = await receive(url);
  expect(again).toMatchObject({ Body: 'poison', Attributes: { ApproximateReceiveCount: '1' } });
  expect(await bodies(dead)).toEqual([]);
  expect(await refusal(move(arn('redrive')))).toBe('InvalidParameterValue');
  expect(await refusal(move(arn('nowhere')))).toBe('ResourceNotFoundException');
});
