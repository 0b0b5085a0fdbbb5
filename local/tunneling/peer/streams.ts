import { type Message, MessageType } from '../frames';
import type { Link } from './link';
import { TunnelStream } from './stream';

interface ActiveStream {
  readonly streamId: number;
  readonly connections: Map<number, TunnelStream>;
}

/** The streams of one client: one active stream a service, and in version 3.0 many connections a stream. */
export class Streams {
  private readonly active = new Map<string, ActiveStream>();

  constructor(private readonly link: Link) {
    void link.closed.then(() => this.resetAll());
  }

  /** Begins a new stream; the service's old one is over. */
  start(serviceId: string, streamId: number, connectionId: number): TunnelStream {
    this.resetService(serviceId);
    this.active.set(serviceId, { streamId, connections: new Map() });
    return this.add(serviceId, connectionId);
  }

  /** Adds a connection to the service's active stream. */
  add(serviceId: string, connectionId: number): TunnelStream {
    const { streamId, connections } = this.active.get(serviceId)!;
    const stream = new TunnelStream(this.link, { serviceId, streamId, connectionId }, () => connections.delete(connectionId));
    connections.set(connectionId, stream);
    return stream;
  }

  /** Does the service's active stream still carry a connection? */
  carries(serviceId: string): boolean {
    return (this.active.get(serviceId)?.connections.size ?? 0) > 0;
  }

  /** Is this the active stream, and the connection id not in use? */
  isFree(serviceId: string, streamId: number, connectionId: number): boolean {
    const stream = this.active.get(serviceId);
    return stream?.streamId === streamId && !stream.connections.has(connectionId);
  }

  /** Handles what both sides handle alike. Messages of streams that are not active are stale, and ignored. */
  receive({ type, serviceId, streamId, connectionId, payload }: Message): void {
    if (type === MessageType.SESSION_RESET) return this.resetAll();
    const stream = this.active.get(serviceId);
    if (stream?.streamId !== streamId) return;
    if (type === MessageType.STREAM_RESET) this.resetService(serviceId);
    if (type === MessageType.DATA) stream.connections.get(connectionId)?.receive(payload);
    if (type === MessageType.CONNECTION_RESET) stream.connections.get(connectionId)?.reset();
  }

  private resetService(serviceId: string): void {
    for (const connection of [...(this.active.get(serviceId)?.connections.values() ?? [])]) connection.reset();
    this.active.delete(serviceId);
  }

  private resetAll(): void {
    for (const serviceId of [...this.active.keys()]) this.resetService(serviceId);
  }
}
