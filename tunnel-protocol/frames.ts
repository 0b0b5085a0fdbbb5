import { Field, Reader, Type } from 'protobufjs/light';

/**
 * The messages of the data plane and their framing: a run of [2-byte big-endian length][protobuf Message], cut into
 * WebSocket frames anywhere.
 * https://github.com/aws-samples/aws-iot-securetunneling-localproxy/blob/main/V3WebSocketProtocolGuide.md
 */
export const MessageType = {
  UNKNOWN: 0,
  DATA: 1,
  STREAM_START: 2,
  STREAM_RESET: 3,
  SESSION_RESET: 4,
  SERVICE_IDS: 5,
  CONNECTION_START: 6,
  CONNECTION_RESET: 7,
} as const;

export interface Message {
  readonly type: number;
  readonly streamId: number;
  readonly ignorable: boolean;
  readonly payload: Uint8Array;
  readonly serviceId: string;
  readonly availableServiceIds: readonly string[];
  readonly connectionId: number;
}

/** One message, and the bytes it came in, length prefix included. */
export interface Frame {
  readonly message: Message;
  readonly bytes: Buffer;
}

/** Longest payload of one message: 63 KiB. */
export const MAX_PAYLOAD = 64_512;

/** Bytes that are no frame. Says what is wrong, never what the bytes were. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;

const SCHEMA = new Type('Message')
  .add(new Field('type', 1, 'int32'))
  .add(new Field('streamId', 2, 'int32'))
  .add(new Field('ignorable', 3, 'bool'))
  .add(new Field('payload', 4, 'bytes'))
  .add(new Field('serviceId', 5, 'string'))
  .add(new Field('availableServiceIds', 6, 'string', 'repeated'))
  .add(new Field('connectionId', 7, 'uint32'));

const WIRE_TYPES = new Map(SCHEMA.fieldsArray.map((field) => [field.id, wireType(field.type)]));

export function encodeFrame(message: Partial<Message>): Buffer {
  const body = SCHEMA.encode(message).finish();
  const frame = Buffer.allocUnsafe(2 + body.length);
  frame.writeUInt16BE(body.length, 0);
  frame.set(body, 2);
  return frame;
}

/** Turns WebSocket payloads back into frames. Holds less than one frame between calls. */
export class FrameParser {
  private rest: Buffer = Buffer.alloc(0);
  private readonly decode: (body: Buffer) => Message;

  /** @param unknownFields fields that the schema does not have: the service refuses them, a client skips them */
  constructor({ unknownFields = 'refuse' }: { readonly unknownFields?: 'refuse' | 'skip' } = {}) {
    this.decode = (body) => decode(body, unknownFields === 'refuse');
  }

  /** @throws FrameError if the bytes are no message of this schema; the parser is of no use afterwards. */
  *push(chunk: Buffer): Generator<Frame> {
    let bytes = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk;
    while (bytes.length >= 2) {
      const end = 2 + bytes.readUInt16BE(0);
      if (bytes.length < end) break;
      const frame = bytes.subarray(0, end);
      bytes = bytes.subarray(end);
      this.rest = bytes;
      yield { bytes: frame, message: this.decode(frame.subarray(2)) };
    }
    // A copy, so that a few bytes do not keep a whole WebSocket frame alive.
    this.rest = Buffer.from(bytes);
  }
}

function decode(body: Buffer, strictly: boolean): Message {
  try {
    if (strictly) requireKnownFields(body);
    return SCHEMA.decode(body) as unknown as Message;
  } catch (error) {
    if (error instanceof FrameError) throw error;
    throw new FrameError('The frame does not hold a message', { cause: error });
  }
}

/** The decoder skips what it does not know, but the service closes the connection over a field it does not know. */
function requireKnownFields(body: Buffer): void {
  const reader = Reader.create(body);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const wire = tag & 7;
    if (WIRE_TYPES.get(tag >>> 3) !== wire) throw new FrameError('The message has a field that the schema does not have');
    reader.skipType(wire);
  }
}

function wireType(type: string): number {
  return type === 'string' || type === 'bytes' ? LENGTH_DELIMITED : VARINT;
}
