import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock';
import { isRecord, optionalInteger, optionalString, record, records, string, strings, type Input } from '../inputs';
import type { Place } from '../place';
import { AwsError, type Call, type Need, type Service } from '../service';
import { QUEUE_ATTRIBUTES, readSettings, writeAttributes } from './attributes';
import { md5, md5OfAttributes } from './digest';
import { paged } from '../paging';
import { startMessageMoveTask } from './move-task';
import { QUERY_CODES } from './query-codes';
import { DEFAULT_SETTINGS, Queue, type Message, type MessageAttribute, type QueueSettings, type Quirks } from './queue';

export interface Sqs {
  readonly service: Service;
  readonly queues: ReadonlyMap<string, Queue>;
  /** Makes a queue, or gives one that is there already these settings. */
  create(name: string, settings: Partial<QueueSettings>): Queue;
  urlOf(queue: Queue): string;
  byArn(queueArn: string): Queue | undefined;
  remove(name: string): void;
  close(): void;
}

export interface SqsOptions {
  readonly clock: Clock;
  readonly place: Place;
  readonly endpoint: () => string;
  readonly quirks?: Quirks;
}

/** Amazon SQS, standard queues. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/ */
export function createSqs({ clock, place, endpoint, quirks }: SqsOptions): Sqs {
  const queues = new Map<string, Queue>();
  const byArn = (queueArn: string) => [...queues.values()].find((queue) => queue.arn === queueArn);
  const urlOf = (queue: Queue) => `${endpoint()}/${queue.arn.split(':')[4]}/${queue.name}`;
  const closing = new AbortController();

  const create = (name: string, settings: Partial<QueueSettings>) => {
    const known = queues.get(name);
    if (known) {
      known.settings = { ...DEFAULT_SETTINGS, ...settings };
      return known;
    }
    const queue = new Queue(name, place.arn('sqs', name), settings, clock, byArn, quirks);
    queues.set(name, queue);
    return queue;
  };
  const remove = (name: string) => {
    queues.get(name)?.close();
    queues.delete(name);
  };
  const named = (name: string | undefined): Queue => {
    const queue = queues.get(name ?? '');
    if (!queue) throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
    return queue;
  };
  const queueOf = ({ input }: { input: Input }) => named(nameFromUrl(string(input, 'QueueUrl', 'MissingParameter')));

  const actions: Service['actions'] = {
    CreateQueue({ input }) {
      const name = string(input, 'QueueName', 'MissingParameter');
      if (name.endsWith('.fifo')) throw new AwsError('InvalidParameterValue', 'The local cloud has standard queues only, no FIFO queues');
      if (!/^[\w-]{1,80}$/.test(name)) {
        throw new AwsError('InvalidParameterValue', 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length');
      }
      const settings = readSettings(record(input, 'Attributes'));
      const known = queues.get(name);
      // The same request may come again; one for another queue of that name may not.
      const differs = known && Object.entries(settings).some(([key, value]) => !isDeepStrictEqual(known.settings[key as keyof QueueSettings], value));
      if (differs) throw new AwsError('QueueNameExists', 'A queue already exists with the same name and a different value for some attribute.');
      const queue = known ?? create(name, settings);
      if (!known) Object.assign(queue.tags, record(input, 'tags'));
      return { QueueUrl: urlOf(queue) };
    },

    DeleteQueue(call) {
      remove(queueOf(call).name);
      return {};
    },

    GetQueueUrl: ({ input }) => ({ QueueUrl: urlOf(named(string(input, 'QueueName', 'MissingParameter'))) }),

    ListQueues({ input }) {
      const prefix = optionalString(input, 'QueueNamePrefix') ?? '';
      const { page, next } = paged([...queues.values()].filter(({ name }) => name.startsWith(prefix)), input, {
        size: 'MaxResults', most: 1000, invalidSize: 'InvalidParameterValue', invalidToken: 'InvalidParameterValue',
      });
      return { QueueUrls: page.map(urlOf), NextToken: next };
    },

    GetQueueAttributes(call) {
      const wanted = strings(call.input, 'AttributeNames');
      const unknown = wanted.find((name) => name !== 'All' && !QUEUE_ATTRIBUTES.includes(name));
      if (unknown) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
      const all = Object.entries(writeAttributes(queueOf(call)));
      return { Attributes: Object.fromEntries(all.filter(([name]) => wanted.includes('All') || wanted.includes(name))) };
    },

    SetQueueAttributes(call) {
      const queue = queueOf(call);
      queue.settings = { ...queue.settings, ...readSettings(record(call.input, 'Attributes')) };
      return {};
    },

    SendMessage(call) {
      return sent(send(queueOf(call), call.input, call.accessKeyId));
    },

    SendMessageBatch(call) {
      const queue = queueOf(call);
      const entries = batch(call.input);
      if (entries.reduce((size, entry) => size + Buffer.byteLength(optionalString(entry, 'MessageBody') ?? ''), 0) > queue.settings.maximumMessageSize) {
        throw new AwsError('BatchRequestTooLong', 'The length of all the messages put together is more than the limit.');
      }
      return each(entries, (entry) => sent(send(queue, entry, call.accessKeyId)));
    },

    async ReceiveMessage(call) {
      const queue = queueOf(call);
      const { input } = call;
      const max = between(input, 'MaxNumberOfMessages', 1, 10) ?? 1;
      const wait = between(input, 'WaitTimeSeconds', 0, 20) ?? queue.settings.receiveWait;
      const visibility = between(input, 'VisibilityTimeout', 0, 43_200);
      const names = [...strings(input, 'AttributeNames'), ...strings(input, 'MessageSystemAttributeNames')];
      const attributes = strings(input, 'MessageAttributeNames');
      const messages = wait > 0
        ? await queue.receiveWaiting(max, wait, visibility, closing.signal) : queue.receive(max, visibility);
      return messages.length > 0 ? { Messages: messages.map((message) => received(message, names, attributes)) } : {};
    },

    DeleteMessage(call) {
      deleteMessage(queueOf(call), call.input);
      return {};
    },

    DeleteMessageBatch(call) {
      const queue = queueOf(call);
      return each(batch(call.input), (entry) => { deleteMessage(queue, entry); return {}; });
    },

    ChangeMessageVisibility(call) {
      changeVisibility(queueOf(call), call.input);
      return {};
    },

    ChangeMessageVisibilityBatch(call) {
      const queue = queueOf(call);
      return each(batch(call.input), (entry) => { changeVisibility(queue, entry); return {}; });
    },

    StartMessageMoveTask: ({ input }) => startMessageMoveTask(input, [...queues.values()]),

    PurgeQueue(call) {
      queueOf(call).purge();
      return {};
    },

    TagQueue(call) {
      Object.assign(queueOf(call).tags, record(call.input, 'Tags'));
      return {};
    },

    UntagQueue(call) {
      const queue = queueOf(call);
      for (const key of strings(call.input, 'TagKeys')) delete queue.tags[key];
      return {};
    },

    ListQueueTags: (call) => ({ Tags: queueOf(call).tags }),
  };

  /** A batch needs the permission of its single action; there is none of its own. */
  const needs = ({ action, input }: Call): Need[] => {
    if (action === 'StartMessageMoveTask') return moveNeeds(input);
    const name = optionalString(input, 'QueueName') ?? nameFromUrl(optionalString(input, 'QueueUrl') ?? '');
    const resource = action === 'ListQueues' ? '*' : place.arn('sqs', name ?? '');
    return [{ action: `sqs:${action.replace(/Batch$/, '')}`, resource, resourcePolicy: queues.get(name ?? '')?.settings.policy }];
  };

  /** Who moves messages must be allowed all that it takes. */
  const moveNeeds = ({ SourceArn, DestinationArn }: Input): Need[] => [
    ...['StartMessageMoveTask', 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes']
      .map((action) => ({ action: `sqs:${action}`, resource: String(SourceArn) })),
    ...(DestinationArn === undefined ? [] : [{ action: 'sqs:SendMessage', resource: String(DestinationArn) }]),
  ];

  return {
    service: { name: 'sqs', target: 'AmazonSQS', contentType: 'application/x-amz-json-1.0', actions, needs, parameters: PARAMETERS, queryCodes: QUERY_CODES },
    queues, create, urlOf, byArn, remove,
    close() {
      closing.abort();
      for (const queue of queues.values()) queue.close();
    },
  };
}

/** Parameters that are of FIFO queues alone are left out. */
const PARAMETERS = {
  CreateQueue: ['QueueName', 'Attributes', 'tags'],
  ListQueues: ['QueueNamePrefix', 'NextToken', 'MaxResults'],
  SendMessage: ['QueueUrl', 'MessageBody', 'DelaySeconds', 'MessageAttributes'],
  StartMessageMoveTask: ['SourceArn', 'DestinationArn', 'MaxNumberOfMessagesPerSecond'],
  ReceiveMessage: [
    'QueueUrl', 'AttributeNames', 'MessageSystemAttributeNames', 'MessageAttributeNames', 'MaxNumberOfMessages', 'VisibilityTimeout', 'WaitTimeSeconds',
  ],
};

const nameFromUrl = (url: string) => url.split('/').at(-1);

function send(queue: Queue, input: Input, sender: string): Message {
  const body = string(input, 'MessageBody', 'MissingParameter');
  if (body === '') throw new AwsError('InvalidParameterValue', 'The request must contain the parameter MessageBody.');
  if (Buffer.byteLength(body) > queue.settings.maximumMessageSize) {
    const reason = `Message must be shorter than ${queue.settings.maximumMessageSize} bytes.`;
    throw new AwsError('InvalidParameterValue', `One or more parameters are invalid. Reason: ${reason}`);
  }
  return queue.send(body, sender, { delay: between(input, 'DelaySeconds', 0, 900), attributes: messageAttributes(input) });
}

function messageAttributes(input: Input): Record<string, MessageAttribute> {
  const attributes = Object.entries(record(input, 'MessageAttributes'));
  return Object.fromEntries(attributes.map(([name, value]) => {
    if (!isRecord(value) || typeof value.DataType !== 'string' || !/^(String|Number|Binary)/.test(value.DataType)) {
      throw new AwsError('InvalidParameterValue', `The message attribute '${name}' must have a DataType of String, Number or Binary.`);
    }
    const content = value.DataType.startsWith('Binary') ? value.BinaryValue : value.StringValue;
    if (typeof content !== 'string' || content === '') {
      throw new AwsError('InvalidParameterValue', `The message attribute '${name}' must contain a non-empty value of type ${value.DataType}.`);
    }
    return [name, value as unknown as MessageAttribute];
  }));
}

function sent({ id, body, attributes }: Message) {
  return { MessageId: id, MD5OfMessageBody: md5(body), ...(Object.keys(attributes).length > 0 && { MD5OfMessageAttributes: md5OfAttributes(attributes) }) };
}

function received(message: Message, systemNames: readonly string[], names: readonly string[]) {
  const system: Record<string, string> = {
    SenderId: message.sender,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
  };
  const wants = (wanted: readonly string[], name: string) => wanted.some((pattern) =>
    pattern === 'All' || pattern === name || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1).replace(/\.$/, ''))));
  const chosen = pickBy(system, (name) => systemNames.includes('All') || systemNames.includes(name));
  const attributes = pickBy(message.attributes, (name) => wants(names, name));
  return {
    MessageId: message.id, ReceiptHandle: message.receipt, Body: message.body, MD5OfBody: md5(message.body),
    ...(Object.keys(chosen).length > 0 && { Attributes: chosen }),
    ...(Object.keys(attributes).length > 0 && { MessageAttributes: attributes, MD5OfMessageAttributes: md5OfAttributes(attributes) }),
  };
}

function deleteMessage(queue: Queue, input: Input): void {
  queue.delete(receiptHandle(input));
}

function changeVisibility(queue: Queue, input: Input): void {
  const seconds = between(input, 'VisibilityTimeout', 0, 43_200) ?? 0;
  const message = queue.inFlight(receiptHandle(input));
  if (!message) throw new AwsError('MessageNotInflight', 'The message referred to is not in flight.');
  queue.hide(message, seconds);
}

function receiptHandle(input: Input): string {
  const handle = string(input, 'ReceiptHandle', 'MissingParameter');
  if (!/^[\da-f-]{36}\.[\da-f-]{36}$/.test(handle)) throw new AwsError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
  return handle;
}

function batch(input: Input): Input[] {
  const entries = records(input, 'Entries');
  const ids = entries.map((entry) => optionalString(entry, 'Id') ?? '');
  if (entries.length === 0) throw new AwsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (entries.length > 10) throw new AwsError('TooManyEntriesInBatchRequest', 'Maximum number of entries per request are 10.');
  if (new Set(ids).size < ids.length) throw new AwsError('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.');
  if (!ids.every((id) => /^[\w-]{1,80}$/.test(id))) {
    throw new AwsError('InvalidBatchEntryId', 'A batch entry id holds alphanumeric characters, hyphens and underscores only, at most 80 of them.');
  }
  return entries;
}

/** Entries succeed and fail one by one. */
function each(entries: readonly Input[], run: (entry: Input) => object) {
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, ...run(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Failed.push({ Id: entry.Id, Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful, Failed };
}

function between(input: Input, name: string, low: number, high: number): number | undefined {
  const value = optionalInteger(input, name);
  if (value !== undefined && (value < low || value > high)) {
    throw new AwsError('InvalidParameterValue', `Value ${value} for parameter ${name} is invalid. Reason: Must be between ${low} and ${high}, if provided.`);
  }
  return value;
}

const pickBy = <T>(values: Readonly<Record<string, T>>, wanted: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => wanted(name)));
