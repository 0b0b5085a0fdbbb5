import { isRecord, type Input } from '../inputs';
import { AwsError } from '../service';
import type { Queue, QueueSettings } from './queue';

const seconds = (low: number, high: number) => (value: unknown, name: string) => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < low || number > high) throw new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
  return number;
};

const json = (value: unknown, name: string): Record<string, unknown> => {
  try {
    const parsed: unknown = typeof value === 'string' ? JSON.parse(value) : value;
    if (isRecord(parsed)) return parsed;
  } catch { /* answered below */ }
  throw new AwsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
};

const redrive = (value: unknown, name: string) => {
  const { deadLetterTargetArn, maxReceiveCount } = json(value, name);
  return { deadLetterTargetArn: String(deadLetterTargetArn), maxReceiveCount: seconds(1, 1000)(maxReceiveCount, name) };
};

/** API name -> setting and how it is read. The same names stand in the template. */
const READERS: Readonly<Record<string, readonly [keyof QueueSettings, (value: unknown, name: string) => unknown]>> = {
  DelaySeconds: ['delay', seconds(0, 900)],
  VisibilityTimeout: ['visibilityTimeout', seconds(0, 43_200)],
  MessageRetentionPeriod: ['retention', seconds(60, 1_209_600)],
  ReceiveMessageWaitTimeSeconds: ['receiveWait', seconds(0, 20)],
  MaximumMessageSize: ['maximumMessageSize', seconds(1024, 1_048_576)],
  RedrivePolicy: ['redrive', redrive],
  Policy: ['policy', json],
};

/** Taken as given: everything here is in memory. */
const WITHOUT_EFFECT = ['KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'SqsManagedSseEnabled'];

/** @throws AwsError InvalidAttributeName or InvalidAttributeValue */
export function readSettings(attributes: Input): Partial<QueueSettings> {
  const entries = Object.entries(attributes).filter(([name, value]) => value !== '' && !WITHOUT_EFFECT.includes(name));
  return Object.fromEntries(entries.map(([name, value]) => {
    const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (!reader) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
    return [reader[0], reader[1](value, name)];
  }));
}

export const QUEUE_ATTRIBUTES: readonly string[] = [
  ...Object.keys(READERS), 'QueueArn', 'CreatedTimestamp', 'LastModifiedTimestamp',
  'ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesDelayed', 'ApproximateNumberOfMessagesNotVisible', 'SqsManagedSseEnabled',
];

export function writeAttributes(queue: Queue): Record<string, string> {
  const { settings, createdAt } = queue;
  const { visible, delayed, inFlight } = queue.counts();
  const created = String(Math.floor(createdAt / 1000));
  return {
    QueueArn: queue.arn,
    CreatedTimestamp: created,
    LastModifiedTimestamp: created,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    DelaySeconds: String(settings.delay),
    VisibilityTimeout: String(settings.visibilityTimeout),
    MessageRetentionPeriod: String(settings.retention),
    ReceiveMessageWaitTimeSeconds: String(settings.receiveWait),
    MaximumMessageSize: String(settings.maximumMessageSize),
    SqsManagedSseEnabled: 'true',
    ...(settings.redrive && { RedrivePolicy: JSON.stringify(settings.redrive) }),
    ...(settings.policy && { Policy: JSON.stringify(settings.policy) }),
  };
}
