import { type Message, MessageType } from './frames';
import type { Link } from './link';
import { type StreamAddress, TunnelStream, wire } from './stream';

interface ActiveStream {
  readonly streamId: number;
  readonly connections: Map<number, TunnelStream>;
}

/**
 * The streams of one client: one active stream a service, and in version 3.0 many connections a stream. Understands
 * other clients of older versions, which leave out the service or the connection.
 */
export class Streams {
  private readonly active = new Map<string, ActiveStream>();

  constructor(private readonly link: Link) {
    void link.closed.then(() => this.resetAll());
  }

  /** Begins a new stream; the service's old one is over. */
  start(address: StreamAddress): TunnelStream {
    this.resetService(address.serviceId);
    this.active.set(address.serviceId, { streamId: address.streamId, connections: new Map() });
    return this.add(address);
  }

  /** Adds a connection to the service's active stream. */
  add(address: StreamAddress): TunnelStream {
    const { connections } = this.active.get(address.serviceId)!;
    const stream = new TunnelStream(this.link, address, () => connections.delete(address.connectionId));
    connections.set(address.connectionId, stream);
    return stream;
  }

  /** The active stream's id, if it still carries a connection. */
  current(serviceId: string): number | undefined {
    const stream = this.active.get(serviceId);
    return stream && stream.connections.size > 0 ? stream.streamId : undefined;
  }

  /** Is this the active stream, and the connection id not in use? */
  isFree({ serviceId, streamId, connectionId }: StreamAddress): boolean {
    const stream = this.active.get(serviceId);
    return stream?.streamId === streamId && !stream.connections.has(connectionId);
  }

  /** Where a message belongs, in the terms of this client's own version. */
  addressOf({ serviceId, streamId, connectionId }: Pick<Message, 'serviceId' | 'streamId' | 'connectionId'>): StreamAddress {
    const { version, services } = this.link;
    return {
      serviceId: version === 1 ? '' : serviceId || services[0] || '',
      streamId,
      connectionId: version === 3 ? connectionId || 1 : 0,
    };
  }

  /** Handles what both sides handle alike. Messages of streams that are not active are stale, and ignored. */
  receive(message: Message): void {
    const { type, payload } = message;
    if (type === MessageType.SESSION_RESET) return this.resetAll();
    const address = this.addressOf(message);
    const stream = this.active.get(address.serviceId);
    if (stream?.streamId !== address.streamId) return;
    const connection = stream.connections.get(address.connectionId);
    if (type === MessageType.DATA) connection?.receive(payload);
    if (type === MessageType.STREAM_RESET) this.resetService(address.serviceId);
    if (type === MessageType.CONNECTION_RESET) this.resetConnection(address, connection);
  }

  private resetConnection(address: StreamAddress, connection: TunnelStream | undefined): void {
    // Older clients do not know connections; to them the whole stream is in doubt.
    if (this.link.version < 3) this.link.send({ type: MessageType.STREAM_RESET, ...wire(address) });
    connection?.reset();
  }

  private resetService(serviceId: string): void {
    for (const connection of [...(this.active.get(serviceId)?.connections.values() ?? [])]) connection.reset();
    this.active.delete(serviceId);
  }

  private resetAll(): void {
    for (const serviceId of [...this.active.keys()]) this.resetService(serviceId);
  }
}
