import * as net from 'node:net';
import { pipeline } from 'node:stream';
import { type Message, MessageType } from './frames';
import { type Closed, Link, type LinkProps } from './link';
import { type TunnelStream, wire } from './stream';
import { Streams } from './streams';

/** Where a service listens on the device. */
export interface Target {
  /** @default '127.0.0.1' */
  readonly host?: string;
  readonly port: number;
}

export interface DestinationProps extends LinkProps {
  /** Targets by service name; the name `''` serves tunnels without services and clients that name none. */
  readonly targets: Readonly<Record<string, Target>>;
}

/** A small local proxy in destination mode. */
export interface Destination {
  readonly services: readonly string[];
  /** Resolves when the connection to the service is over, however it ended; never rejects. */
  readonly closed: Promise<Closed>;
  /** Destroys the TCP connection to the service with a reset. */
  cut(): void;
  /** Leaves with a close frame. */
  close(): Promise<void>;
}

/**
 * Relays streams to TCP ports. It outlives its sources: each new one starts new streams.
 *
 * @throws UpgradeRefusedError, LinkFailedError
 */
export async function connectDestination(props: DestinationProps): Promise<Destination> {
  const link = new Link('destination', props);
  const streams = new Streams(link);
  link.onMessage((message) => {
    if (message.type === MessageType.STREAM_START) startStream(message);
    else if (message.type === MessageType.CONNECTION_START) startConnection(message);
    else streams.receive(message);
  });
  await link.ready;

  /** As the official local proxy does: a second start of a service's stream ends the stream, and starts none. */
  function startStream(message: Message): void {
    const address = streams.addressOf(message);
    const current = streams.current(address.serviceId);
    if (current === undefined) relay(message, streams.start(address));
    else if (current !== address.streamId) streams.resetService(address.serviceId);
  }

  function startConnection(message: Message): void {
    const address = streams.addressOf(message);
    // The source may have known the destination before us, and its stream.
    if (link.version === 3 && streams.current(address.serviceId) === undefined) return relay(message, streams.start(address));
    if (link.version === 3 && streams.isFree(address)) return relay(message, streams.add(address));
    // A client of an older version does not know what a connection is, and gives up the stream.
    const type = link.version === 3 ? MessageType.CONNECTION_RESET : MessageType.STREAM_RESET;
    link.send({ type, ...wire(address) });
  }

  function relay({ serviceId }: Message, stream: TunnelStream): void {
    const target = targetOf(serviceId);
    if (!target) return void stream.destroy();
    const socket = net.connect({ host: target.host ?? '127.0.0.1', port: target.port });
    // A port that refuses, or breaks later, resets the stream; the source sees its connection end.
    pipeline(stream, socket, stream, () => undefined);
  }

  /** Version 1.0 names no service: then the only target is meant. A later client takes the name as it comes, as the official one does. */
  function targetOf(serviceId: string): Target | undefined {
    const [only, ...others] = Object.values(props.targets);
    const meansTheOnly = others.length === 0 && (link.version === 1 || link.services.length === 0);
    return props.targets[serviceId] ?? (meansTheOnly ? only : undefined);
  }

  return { services: link.services, closed: link.closed, cut: () => link.cut(), close: () => link.close() };
}
