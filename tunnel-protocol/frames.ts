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

/** Bytes that go in one message, in as many parts as they came in. */
export type Payload = readonly Uint8Array[];

/** A message that is to be sent. */
export type Outgoing = Partial<Omit<Message, 'payload'>> & { readonly payload?: Uint8Array | Payload };

/** One message, and the bytes it came in, length prefix included. */
export interface Frame {
  readonly message: Message;
  readonly bytes: Buffer;
}

/** Longest payload of one message: 63 KiB. */
export const MAX_PAYLOAD = 64_512;

/** More than a frame with a payload holds beside it: a service's name has 128 characters at most. */
export const MAX_HEAD = 256;

/** Longest WebSocket message that either end takes: two of the longest frames. */
export const MAX_WEBSOCKET_MESSAGE = 131_076;

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

/** `PAYLOAD`'s key on the wire: its field's number and wire type. */
const PAYLOAD = 4 << 3 | LENGTH_DELIMITED;

export function encodeFrame(message: Outgoing): Buffer {
  return encodeFrames([message]);
}

/** A run of frames. The payloads, which may be long, are copied just once: they stand last in their messages. */
export function encodeFrames(messages: readonly Outgoing[]): Buffer {
  const frames = messages.map(({ payload = [], ...rest }) => {
    const parts = payload instanceof Uint8Array ? [payload] : payload;
    const length = lengthOf(parts);
    const head = SCHEMA.encode(rest);
    if (length > 0) head.uint32(PAYLOAD).uint32(length);
    const start = head.finish();
    return { parts: [start, ...parts], length: start.length + length };
  });
  const run = Buffer.allocUnsafe(frames.reduce((sum, { length }) => sum + 2 + length, 0));
  let end = 0;
  for (const { parts, length } of frames) {
    end = run.writeUInt16BE(length, end);
    for (const part of parts) {
      run.set(part, end);
      end += part.length;
    }
  }
  return run;
}

/** Bytes of all parts. */
export function lengthOf(payload: Payload): number {
  return payload.reduce((sum, part) => sum + part.length, 0);
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
