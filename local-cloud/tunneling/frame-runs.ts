import { type Frame, MAX_WEBSOCKET_MESSAGE, type Message } from '../../tunnel-protocol/frames';

/** Frames that lay side by side, and go on in one WebSocket message without being copied. */
export interface FrameRun {
  readonly messages: readonly Message[];
  readonly bytes: Buffer;
}

/** Puts together what may stay together. What came before an error is handed out before it is thrown. */
export function* inRuns(frames: Iterable<Frame>): Generator<FrameRun> {
  let messages: Message[] = [];
  let bytes: Buffer = Buffer.alloc(0);
  try {
    for (const frame of frames) {
      const longer = joined(bytes, frame.bytes);
      if (!longer && messages.length > 0) {
        yield { messages, bytes };
        messages = [];
      }
      messages.push(frame.message);
      bytes = longer ?? frame.bytes;
    }
  } finally {
    if (messages.length > 0) yield { messages, bytes };
  }
}

/** One view of both, if nothing lies between them and the other end takes as much at a time. */
function joined(before: Buffer, after: Buffer): Buffer | undefined {
  const length = before.length + after.length;
  const sideBySide = before.buffer === after.buffer && before.byteOffset + before.length === after.byteOffset;
  return sideBySide && length <= MAX_WEBSOCKET_MESSAGE ? Buffer.from(before.buffer, before.byteOffset, length) : undefined;
}
