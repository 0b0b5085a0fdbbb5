import { type Frame, type Message, MessageType } from './frames';

/**
 * The messages of frames, in which bytes of one connection that came one after the other are one message: who reads 64 kB at a time sends a long
 * frame and a short one, and to write these on apart costs twice as much. The bytes move up over the heads between them, so the
 * frames' own bytes are not to be used any more. What came before an error is handed out before it is thrown.
 */
export function* joined(frames: Iterable<Frame>): Generator<Message> {
  let last: Message | undefined;
  try {
    for (const { message } of frames) {
      if (last && belongTogether(last, message)) {
        Object.assign(last, { payload: moveUp(last.payload, message.payload) });
      } else {
        if (last) yield last;
        last = message;
      }
    }
  } finally {
    if (last) yield last;
  }
}

function belongTogether(one: Message, next: Message): boolean {
  return one.type === MessageType.DATA && next.type === MessageType.DATA
    && one.connectionId === next.connectionId && one.streamId === next.streamId && one.serviceId === next.serviceId
    && one.payload.length > 0 && next.payload.length > 0 && one.payload.buffer === next.payload.buffer;
}

function moveUp(one: Uint8Array, next: Uint8Array): Buffer {
  const both = Buffer.from(one.buffer, one.byteOffset, next.byteOffset + next.length - one.byteOffset);
  both.copyWithin(one.length, both.length - next.length);
  return both.subarray(0, one.length + next.length);
}
