import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock';
import { optionalString, record, string, strings, type Input } from '../inputs';
import type { Place } from '../place';
import { AwsError, type Service } from '../service';
import { QUEUE_ATTRIBUTES, readSettings, writeAttributes } from './attributes';
import { batch, each } from './batch';
import { between, changeVisibility, deleteMessage, received, send, sent } from './messages';
import { nameFromUrl, needs } from './needs';
import { paged } from '../paging';
import { startMessageMoveTask } from './move-task';
import { QUERY_CODES } from './query-codes';
import { DEFAULT_SETTINGS, Queue, type QueueSettings, type Quirks } from './queue';

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

  return {
    service: {
      name: 'sqs', target: 'AmazonSQS', contentType: 'application/x-amz-json-1.0', actions, parameters: PARAMETERS, queryCodes: QUERY_CODES,
      needs: (call) => needs(call, queues, place),
    },
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
