import { Duplex } from 'node:stream';
import { lengthOf, MAX_HEAD, MAX_PAYLOAD, MAX_WEBSOCKET_MESSAGE, MessageType, type Payload } from './frames';
import type { Link } from './link';

/** Which connection of a tunnel. */
export interface StreamAddress {
  /** Empty in version 1.0, which knows no services. */
  readonly serviceId: string;
  readonly streamId: number;
  /** 0 before version 3.0, where a stream has just one connection. */
  readonly connectionId: number;
}

/** Bytes that a stream takes ahead of its reader, before it holds up the whole link and all other streams with it. */
const AHEAD = 1_048_576;

/** Bytes that a stream takes from its writer before it makes him wait: enough for a WebSocket message or two. */
const BEHIND = 262_144;

/** Whose end was over first. The other end must be told of ours. */
export type EndedBy = 'us' | 'them';

/**
 * One byte stream through a tunnel. As in the local proxy there is no half-closed state: when one end is done, both are,
 * after what was written has been flushed.
 */
export class TunnelStream extends Duplex {
  private holding = false;
  private over = false;

  constructor(private readonly link: Link, readonly address: StreamAddress, private readonly ended: (by: EndedBy) => void) {
    super({ allowHalfOpen: false, readableHighWaterMark: AHEAD, writableHighWaterMark: BEHIND });
  }

  /** Bytes from the other side. */
  receive(payload: Uint8Array): void {
    if (!this.push(payload) && !this.holding) {
      this.holding = true;
      this.link.hold();
    }
  }

  /** The other side, or the service, ended this stream. */
  reset(): void {
    if (this.over) return;
    this.finish('them');
    this.push(null);
    // Nobody may be reading; what was received is still there for whoever does.
    this.end();
  }

  override _read(): void {
    this.release();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error) => void): void {
    this.deliver([chunk], done);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: (error?: Error) => void): void {
    this.deliver(chunks.map(({ chunk }) => chunk), done);
  }

  private deliver(chunks: readonly Buffer[], done: () => void): void {
    const runs = inRuns(inPayloads(chunks));
    if (this.over || runs.length === 0) return done();
    // What is written before this turn of the event loop is over goes together, in as few and as long messages as can be.
    const sent = () => void setImmediate(done);
    for (const [index, run] of runs.entries()) {
      const last = index === runs.length - 1;
      this.link.sendAll(run.map((payload) => ({ type: MessageType.DATA, ...wire(this.address), payload })), last ? sent : undefined);
    }
  }

  override _final(done: () => void): void {
    this.hangUp();
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.hangUp();
    this.release();
    done(error);
  }

  private hangUp(): void {
    if (!this.over) this.finish('us');
  }

  private finish(by: EndedBy): void {
    this.over = true;
    this.ended(by);
  }

  private release(): void {
    if (!this.holding) return;
    this.holding = false;
    this.link.release();
  }
}

/** Empty fields stay off the wire: older clients do not know them. */
export function wire({ serviceId, streamId, connectionId }: StreamAddress): object {
  return { streamId, ...(serviceId && { serviceId }), ...(connectionId && { connectionId }) };
}

/** What fits in a message each, wherever the bytes were cut before. */
function inPayloads(chunks: readonly Buffer[]): Payload[] {
  const payloads: Buffer[][] = [];
  let room = 0;
  for (const chunk of chunks) {
    for (let start = 0; start < chunk.length;) {
      if (room === 0) {
        payloads.push([]);
        room = MAX_PAYLOAD;
      }
      const part = chunk.subarray(start, start + room);
      payloads[payloads.length - 1].push(part);
      start += part.length;
      room -= part.length;
    }
  }
  return payloads;
}

/** What fits in a WebSocket message each: fewer and longer ones cost both ends less. */
function inRuns(all: readonly Payload[]): Payload[][] {
  const runs: Payload[][] = [];
  let room = 0;
  for (const payload of all) {
    const needed = MAX_HEAD + lengthOf(payload);
    if (needed > room) {
      runs.push([]);
      room = MAX_WEBSOCKET_MESSAGE;
    }
    runs[runs.length - 1].push(payload);
    room -= needed;
  }
  return runs;
}
