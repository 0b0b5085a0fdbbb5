import { randomInt } from 'node:crypto';
import * as net from 'node:net';
import { pipeline } from 'node:stream';
import { MessageType } from './frames';
import { type Closed, Link, type LinkProps } from './link';
import { type StreamAddress, type TunnelStream, wire } from './stream';
import { Streams } from './streams';

export interface SourceProps extends LinkProps {
  /** The service that streams go to unless they name another. @default - the tunnel's only or first one, if it has any */
  readonly service?: string;
  /** Streams that an earlier connection of this client left open: the device may not know yet that they are over. @default - none */
  readonly leftovers?: readonly StreamAddress[];
}

/** A small local proxy in source mode. */
export interface Source {
  /** What the tunnel was opened for. */
  readonly services: readonly string[];
  /** The connection itself. */
  readonly link: Link;
  /** Resolves when the connection to the service is over, however it ended; never rejects. */
  readonly closed: Promise<Closed>;
  /** A service carries one connection at a time: this client or the device's is of an older version. */
  readonly single: boolean;
  /** Streams that were open when the connection ended, for the next one. */
  readonly leftovers: readonly StreamAddress[];
  /**
   * A byte stream to the destination's service. It closes without an error when the tunnel connection does. Before version
   * 3.0 a service carries one stream at a time: a new one ends the old one.
   */
  openStream(service?: string): TunnelStream;
  /** Listens on a loopback port; each TCP connection becomes a stream. It stops with the source. */
  listen(port?: number, service?: string): Promise<number>;
  /** Destroys the TCP connection to the service with a reset. */
  cut(): void;
  /** Leaves with a close frame. */
  close(): Promise<void>;
}

/** @throws UpgradeRefusedError, LinkFailedError */
export async function connectSource(props: SourceProps): Promise<Source> {
  const link = new Link('source', props);
  const streams = new Streams(link);
  link.onMessage((message) => streams.receive(message));
  await link.ready;
  for (const address of props.leftovers ?? []) link.send({ type: MessageType.STREAM_RESET, ...wire({ ...address, connectionId: 0 }) });
  // Unlikely to repeat while the tunnel lives, even across sources.
  let nextStreamId = randomInt(1, 2 ** 30);
  let nextConnectionId = 2;

  /** The stream that each service had last. */
  const started = new Map<string, number>();

  function openStream(serviceId = props.service ?? ''): TunnelStream {
    const { serviceId: service } = streams.addressOf({ serviceId, streamId: 0, connectionId: 0 });
    // The official destination swallows a second start of a service: a later connection joins the stream that others keep up.
    return !streams.single && streams.isBusy(service) ? join(service) : begin(service);
  }

  function join(serviceId: string): TunnelStream {
    const stream = streams.add({ serviceId, streamId: streams.current(serviceId)!, connectionId: nextConnectionId++ });
    link.send({ type: MessageType.CONNECTION_START, ...wire(stream.address) });
    return stream;
  }

  /**
   * Begins a stream of its own even where an idle one is left: the device may have been replaced a moment ago, and the news that its streams
   * are over would end whoever joins one. And whatever the device still holds of the service would swallow the start.
   */
  function begin(serviceId: string): TunnelStream {
    // A stream of one connection ends with it, and the device heard of that.
    const former = streams.single ? streams.current(serviceId) : started.get(serviceId);
    if (former !== undefined) link.send({ type: MessageType.STREAM_RESET, ...wire({ serviceId, streamId: former, connectionId: 0 }) });
    streams.resetService(serviceId);
    const stream = streams.start({ serviceId, streamId: nextStreamId++, connectionId: streams.single ? 0 : 1 });
    started.set(serviceId, stream.address.streamId);
    link.send({ type: MessageType.STREAM_START, ...wire(stream.address) });
    return stream;
  }

  async function listen(port = 0, service?: string): Promise<number> {
    const server = net.createServer((socket) => {
      const stream = openStream(service);
      // One end closing ends the other; there is nobody to tell why.
      pipeline(socket, stream, socket, () => undefined);
    });
    void link.closed.then(() => server.close());
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
    return (server.address() as net.AddressInfo).port;
  }

  return {
    services: link.services, link, closed: link.closed, openStream, listen, cut: () => link.cut(), close: () => link.close(),
    get single() {
      return streams.single;
    },
    get leftovers() {
      return streams.leftovers;
    },
  };
}
