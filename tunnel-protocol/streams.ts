import { type Message, MessageType } from './frames';
import type { Link } from './link';
import { type EndedBy, type StreamAddress, TunnelStream, wire } from './stream';

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
  private olderPeer = false;
  /** Streams that were open when the link ended. */
  leftovers: readonly StreamAddress[] = [];

  constructor(private readonly link: Link) {
    void link.closed.then(() => {
      this.leftovers = [...this.active].map(([serviceId, { streamId }]) => ({ serviceId, streamId, connectionId: 0 }));
      this.resetAll();
    });
  }

  /** A stream carries just one connection, because this client or the other one is of an older version. */
  get single(): boolean {
    return this.link.version < 3 || this.olderPeer;
  }

  /** Begins a new stream. There must be none of this service. */
  start(address: StreamAddress): TunnelStream {
    this.active.set(address.serviceId, { streamId: address.streamId, connections: new Map() });
    return this.add(address);
  }

  /** Adds a connection to the service's active stream. */
  add(address: StreamAddress): TunnelStream {
    const active = this.active.get(address.serviceId)!;
    const stream = new TunnelStream(this.link, address, (by) => this.over(active, address, by));
    active.connections.set(address.connectionId, stream);
    return stream;
  }

  /** The active stream's id. In version 3.0 a stream outlives its connections, and the next one joins it. */
  current(serviceId: string): number | undefined {
    return this.active.get(serviceId)?.streamId;
  }

  /** Does a connection go through the service's active stream? */
  isBusy(serviceId: string): boolean {
    return (this.active.get(serviceId)?.connections.size ?? 0) > 0;
  }

  /** Is this the active stream, and the connection id not in use? */
  isFree({ serviceId, streamId, connectionId }: StreamAddress): boolean {
    const stream = this.active.get(serviceId);
    return stream?.streamId === streamId && connectionId > 0 && !stream.connections.has(connectionId);
  }

  /** Where a message belongs, in the terms of this client's own version. Who names no service means the only one. */
  addressOf({ serviceId, streamId, connectionId }: Pick<Message, 'serviceId' | 'streamId' | 'connectionId'>): StreamAddress {
    const { version, services } = this.link;
    return {
      serviceId: version === 1 ? '' : serviceId || services[0] || '',
      streamId,
      connectionId: version === 3 ? connectionId : 0,
    };
  }

  /** Handles what both sides handle alike. Messages of streams that are not active are stale, and ignored. */
  receive(message: Message): void {
    const { type, payload } = message;
    if (type === MessageType.SESSION_RESET) return this.resetAll();
    const address = this.addressOf(message);
    const stream = this.active.get(address.serviceId);
    if (stream?.streamId !== address.streamId) return;
    const connection = connectionOf(stream, address.connectionId);
    if (type === MessageType.DATA) {
      // Every 3.0 client says which connection its bytes belong to.
      if (address.connectionId === 0) this.olderPeer = true;
      connection?.receive(payload);
    }
    if (type === MessageType.STREAM_RESET) this.resetService(address.serviceId);
    if (type === MessageType.CONNECTION_RESET) this.resetConnection(address, connection);
  }

  private over(active: ActiveStream, address: StreamAddress, by: EndedBy): void {
    active.connections.delete(address.connectionId);
    const whole = address.connectionId === 0 || this.single;
    if (whole && this.active.get(address.serviceId) === active) this.active.delete(address.serviceId);
    if (by === 'us') this.link.send({ type: whole ? MessageType.STREAM_RESET : MessageType.CONNECTION_RESET, ...wire(address) });
  }

  private resetConnection(address: StreamAddress, connection: TunnelStream | undefined): void {
    // Older clients do not know connections; to them the whole stream is in doubt.
    if (this.link.version < 3) this.link.send({ type: MessageType.STREAM_RESET, ...wire(address) });
    connection?.reset();
  }

  /** The service's stream is over, as the other end knows. */
  resetService(serviceId: string): void {
    for (const connection of [...(this.active.get(serviceId)?.connections.values() ?? [])]) connection.reset();
    this.active.delete(serviceId);
  }

  private resetAll(): void {
    for (const serviceId of [...this.active.keys()]) this.resetService(serviceId);
  }
}

/** Who leaves the connection out knows of one only. */
function connectionOf({ connections }: ActiveStream, connectionId: number): TunnelStream | undefined {
  return connectionId > 0 ? connections.get(connectionId) : connections.values().next().value;
}
