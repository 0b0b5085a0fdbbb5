import { createHash } from 'node:crypto';
import type { MessageAttribute } from './queue';

/** SDKs compare this with what they sent or received. */
export const md5 = (body: string | Buffer) => createHash('md5').update(body).digest('hex');

/**
 * Attributes sorted by name, each as length-prefixed name, type and value.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
 */
export function md5OfAttributes(attributes: Readonly<Record<string, MessageAttribute>>): string {
  const parts = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([name, { DataType, StringValue, BinaryValue }]) => [
    sized(Buffer.from(name)),
    sized(Buffer.from(DataType)),
    BinaryValue === undefined
      ? Buffer.concat([Buffer.from([1]), sized(Buffer.from(StringValue ?? ''))])
      : Buffer.concat([Buffer.from([2]), sized(Buffer.from(BinaryValue, 'base64'))]),
  ]);
  return md5(Buffer.concat(parts));
}

function sized(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
