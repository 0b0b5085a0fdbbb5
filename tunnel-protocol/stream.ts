import { Duplex } from 'node:stream';
import { MAX_PAYLOAD, MessageType } from './frames';
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
    super({ allowHalfOpen: false, readableHighWaterMark: AHEAD });
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
    if (this.over) return done();
    for (let start = 0; start < chunk.length; start += MAX_PAYLOAD) {
      const last = start + MAX_PAYLOAD >= chunk.length;
      const payload = chunk.subarray(start, start + MAX_PAYLOAD);
      this.link.send({ type: MessageType.DATA, ...wire(this.address), payload }, last ? done : undefined);
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
