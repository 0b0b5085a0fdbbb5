import { Field, Type } from 'protobufjs/light';

/** https://github.com/aws-samples/aws-iot-securetunneling-localproxy/blob/main/V3WebSocketProtocolGuide.md */
export const DATA = 1;
export const STREAM_START = 2;

export interface Message {
  type: number;
  streamId: number;
  payload: Uint8Array;
  serviceId: string;
  connectionId: number;
}

const SCHEMA = new Type('Message')
  .add(new Field('type', 1, 'int32')).add(new Field('streamId', 2, 'int32')).add(new Field('ignorable', 3, 'bool'))
  .add(new Field('payload', 4, 'bytes')).add(new Field('serviceId', 5, 'string'))
  .add(new Field('availableServiceIds', 6, 'string', 'repeated')).add(new Field('connectionId', 7, 'uint32'));

/** A message with its length before it. */
export function encode(message: Partial<Message>): Buffer {
  const body = SCHEMA.encode(message).finish();
  const length = Buffer.alloc(2);
  length.writeUInt16BE(body.length);
  return Buffer.concat([length, body]);
}

/** Messages of a byte stream, which may be cut anywhere. */
export function decoder(): (chunk: Buffer) => Message[] {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const messages: Message[] = [];
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0);
      messages.push(SCHEMA.decode(rest.subarray(2, end)) as unknown as Message);
      rest = rest.subarray(end);
    }
    return messages;
  };
}
