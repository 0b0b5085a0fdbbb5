import type { Message, Queue } from '../sqs/queue';
import { md5 } from '../sqs/digest';
import { isRecord } from '../inputs';
import type { InvocationResult } from './instance';
import type { LambdaFunction } from './lambda-function';

/** What the template says of a mapping. */
export interface MappingSettings {
  readonly batchSize: number;
  /** At most so many invocations at once. Lambda starts with five pollers. */
  readonly maximumConcurrency: number;
  readonly reportBatchItemFailures: boolean;
}

/**
 * Lambda's poller between a queue and a function. What the function took is deleted; the rest stays hidden until its
 * visibility timeout is over, and comes again.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export class EventSourceMapping {
  private readonly stopping = new AbortController();
  private readonly pollers: Promise<void>[];

  constructor(private readonly queue: Queue, private readonly target: LambdaFunction, private readonly settings: MappingSettings) {
    this.pollers = Array.from({ length: settings.maximumConcurrency }, () => this.poll());
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.pollers);
  }

  /** There are messages that a poller will take as soon as it can. */
  get pending(): boolean {
    return !this.stopping.signal.aborted && this.queue.counts().visible > 0;
  }

  private async poll(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const messages = await this.queue.receiveWaiting(this.settings.batchSize, 20, undefined, signal);
      if (messages.length === 0) continue;
      const event = { Records: messages.map((message) => recordOf(message, this.queue.arn)) };
      const result = await this.target.invoke(event);
      for (const message of this.succeeded(messages, result)) this.queue.delete(message.id);
    }
  }

  private succeeded(messages: readonly Message[], result: InvocationResult): readonly Message[] {
    if (result.kind === 'failed') return [];
    const failed = this.settings.reportBatchItemFailures ? failedIds(result.payload) : [];
    // Anything but a list of ids that were in the batch means that the whole batch failed.
    if (!failed || !failed.every((id) => messages.some((message) => message.id === id))) return [];
    return messages.filter(({ id }) => !failed.includes(id));
  }
}

/** Undefined: the answer is malformed. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting */
function failedIds(payload: unknown): string[] | undefined {
  if (payload === null || (isRecord(payload) && (payload.batchItemFailures === undefined || payload.batchItemFailures === null))) return [];
  const failures = isRecord(payload) ? payload.batchItemFailures : undefined;
  if (!Array.isArray(failures)) return undefined;
  const ids = failures.map((failure) => (isRecord(failure) ? failure.itemIdentifier : undefined));
  return ids.every((id) => typeof id === 'string' && id !== '') ? ids as string[] : undefined;
}

function recordOf(message: Message, queueArn: string) {
  return {
    messageId: message.id,
    receiptHandle: message.receipt,
    body: message.body,
    attributes: {
      ApproximateReceiveCount: String(message.receiveCount),
      SentTimestamp: String(message.sentAt),
      SenderId: message.sender,
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    },
    messageAttributes: Object.fromEntries(Object.entries(message.attributes).map(([name, { DataType, StringValue, BinaryValue }]) =>
      [name, { dataType: DataType, stringValue: StringValue, binaryValue: BinaryValue, stringListValues: [], binaryListValues: [] }])),
    md5OfBody: md5(message.body),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: queueArn.split(':')[3],
  };
}
