import { Bucket } from '../bucket';
import type { Clock } from '../clock';
import type { Behaviour } from './behaviour';
import type { Connection } from './connection';
import { encodeFrame, MessageType } from '../../tunnel-protocol/frames';
import type { FrameRun } from './frame-runs';
import type { Side } from './side';
import type { SideName } from './vocabulary';

const OTHER: Record<SideName, SideName> = { source: 'destination', destination: 'source' };

/** Carries frames between the two sides of a tunnel, unchanged and in order. Keeps nothing for a side that isn't there. */
export class Relay {
  /** The active stream of every service, as the source started it. The empty name stands for a client without services. */
  private readonly streams = new Map<string, number>();
  /** What the tunnel may still carry, both ways together. */
  private readonly bandwidth = new Bucket();

  constructor(private readonly sides: Readonly<Record<SideName, Side>>, private readonly clock: Clock, private readonly behaviour: Behaviour) {}

  forward(from: SideName, sender: Connection, { messages, bytes }: FrameRun): void {
    // What a replaced or kicked client still had in flight belongs to nobody.
    if (this.sides[from].live !== sender) return;
    for (const { type, serviceId, streamId } of messages) {
      if (type === MessageType.STREAM_START) this.streams.set(serviceId, streamId);
      if (type === MessageType.STREAM_RESET && this.streams.get(serviceId) === streamId) this.streams.delete(serviceId);
    }

    const receiver = this.sides[OTHER[from]].live;
    if (!receiver) return;
    receiver.send(bytes);
    if (receiver.congested) {
      sender.hold('congestion');
      receiver.onDrain(() => sender.release('congestion'));
    }
    this.payFor(bytes.length, sender);
  }

  /** Who sends more than the tunnel carries is not read from until the rest has had its time. */
  private payFor(bytes: number, sender: Connection): void {
    if (this.owed(bytes) === 0 || sender.isHeld('bandwidth')) return;
    sender.hold('bandwidth');
    this.releaseWhenPaid(sender);
  }

  private releaseWhenPaid(sender: Connection): void {
    const wait = this.owed(0);
    if (wait === 0) return sender.release('bandwidth');
    this.clock.after(wait, () => this.releaseWhenPaid(sender));
  }

  /** Milliseconds until these bytes too have had their time. */
  private owed(bytes: number): number {
    const { bandwidthBytesPerSecond: perSecond } = this.behaviour;
    return perSecond === Infinity ? 0 : this.bandwidth.overdraw(bytes, perSecond, perSecond, this.clock.now());
  }

  /** A new client took the place of one side: the other must drop its streams, or its next one would hang. */
  replaced(name: SideName): void {
    const other = this.sides[OTHER[name]].live;
    for (const [serviceId, streamId] of this.streams) {
      other?.send(encodeFrame({ type: MessageType.STREAM_RESET, streamId, ...(serviceId && { serviceId }) }));
    }
    this.streams.clear();
    other?.release('congestion');
  }

  /** Nobody waits for this side any more. */
  gone(name: SideName): void {
    this.sides[OTHER[name]].live?.release('congestion');
  }
}
