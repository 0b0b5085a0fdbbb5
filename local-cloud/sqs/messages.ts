import { isRecord, optionalInteger, record, string, type Input } from '../inputs';
import { AwsError } from '../service';
import { md5, md5OfAttributes } from './digest';
import type { Message, MessageAttribute, Queue } from './queue';

export function send(queue: Queue, input: Input, sender: string): Message {
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

export function sent({ id, body, attributes }: Message) {
  return { MessageId: id, MD5OfMessageBody: md5(body), ...(Object.keys(attributes).length > 0 && { MD5OfMessageAttributes: md5OfAttributes(attributes) }) };
}

export function received(message: Message, systemNames: readonly string[], names: readonly string[]) {
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

export function deleteMessage(queue: Queue, input: Input): void {
  queue.delete(receiptHandle(input));
}

export function changeVisibility(queue: Queue, input: Input): void {
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

/** @throws AwsError for a number that is out of bounds */
export function between(input: Input, name: string, low: number, high: number): number | undefined {
  const value = optionalInteger(input, name);
  if (value !== undefined && (value < low || value > high)) {
    throw new AwsError('InvalidParameterValue', `Value ${value} for parameter ${name} is invalid. Reason: Must be between ${low} and ${high}, if provided.`);
  }
  return value;
}

const pickBy = <T>(values: Readonly<Record<string, T>>, wanted: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => wanted(name)));
