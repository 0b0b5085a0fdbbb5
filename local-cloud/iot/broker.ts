import { createServer, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Aedes, AedesPublishPacket } from 'aedes' with { 'resolution-mode': 'import' };
import type { Clock } from '../clock';
import { remember } from '../journal';
import type { Place } from '../place';
import { Presences, presenceMessage, type PresenceChange } from './presence';

/** One publish, as topic rules see it. */
export interface Publication {
  readonly topic: string;
  readonly payload: Buffer;
  /** MQTT client id; `undefined` for publishes over HTTPS or by a service. */
  readonly clientId?: string;
}

/** A real MQTT broker; its subscriptions do the matching of topic filters. */
export interface Broker {
  /** Loopback port for MQTT clients. */
  readonly port: number;
  /** Takes a client that came another way. */
  handle(stream: Duplex): void;
  /** Every publish so far, those of clients included. */
  readonly publications: readonly Publication[];
  publish(topic: string, payload: string | Buffer, options?: { qos?: 0 | 1; retain?: boolean }): Promise<void>;
  /** @returns what ends the subscription */
  subscribe(filter: string, receive: (publication: Publication) => void): () => void;
  close(): Promise<void>;
}

export interface BrokerOptions {
  readonly clock: Clock;
  readonly place: Place;
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** @default 0, a free port */
  readonly port?: number;
  /** Is a presence event published twice? AWS says that it may be. @default never */
  readonly again?: () => boolean;
}

export async function startBroker({ clock, place, host = '127.0.0.1', port = 0, again = () => false }: BrokerOptions): Promise<Broker> {
  const { Aedes: AedesBroker } = await import('aedes');
  const aedes: Aedes = await AedesBroker.createBroker({
    // AWS IoT takes client ids of up to 128 characters.
    maxClientsIdLength: 128,
    authorizePublish: (client, packet, done) => done(client && packet.topic.startsWith('$aws/things/') && packet.topic.endsWith('/tunnels/notify')
      ? new Error('only the service publishes tunnel notifications') : null),
  });
  const server = createServer(aedes.handle);
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(port, host, resolve); }).catch((error) => {
    aedes.close();
    throw error;
  });

  const publications: Publication[] = [];
  aedes.on('publish', (packet, client) => {
    if (!packet.topic.startsWith('$SYS/')) remember(publications, publicationOf(packet, client?.id));
  });

  const publish: Broker['publish'] = (topic, payload, { qos = 0, retain = false } = {}) => new Promise((resolve, reject) => {
    aedes.publish({ cmd: 'publish', topic, payload, qos, retain, dup: false }, (error) => (error ? reject(error) : resolve()));
  });

  const presences = new Presences();
  const announce = (change: PresenceChange) => {
    if (/[+#]/.test(change.clientId) || aedes.closed) return; // AWS tells nothing of such clients
    const { topic, payload } = presenceMessage(change, place.account, clock.now());
    for (let times = again() ? 2 : 1; times > 0; times -= 1) void publish(topic, payload);
  };
  aedes.on('clientReady', ({ id }) => announce(presences.connected(id)));
  // aedes marks a client that said goodbye; nothing else tells.
  aedes.on('clientDisconnect', (client) => announce(presences.disconnected(client.id, (client as { _disconnected?: boolean })._disconnected === true)));

  return {
    port: (server.address() as AddressInfo).port,
    handle: (stream) => void aedes.handle(stream),
    publications,
    publish,
    subscribe(filter, receive) {
      const listener = (packet: AedesPublishPacket, done: () => void) => {
        receive(publicationOf(packet, (packet as { clientId?: string }).clientId));
        done();
      };
      aedes.subscribe(filter, listener, () => undefined);
      return () => aedes.unsubscribe(filter, listener, () => undefined);
    },
    close: () => new Promise((resolve) => aedes.close(() => server.close(() => resolve()))),
  };
}

function publicationOf({ topic, payload }: AedesPublishPacket, clientId?: string): Publication {
  return { topic, payload: Buffer.from(payload), clientId };
}
