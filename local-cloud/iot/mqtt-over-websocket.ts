import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';

/** Is this where MQTT clients find the broker, on the port of all services? */
export const isMqtt = (url = ''): boolean => /^\/mqtt(\?|$)/.test(url);

const SERVICE = 'iotdevicegateway';
/** Most seconds that AWS takes a signed address for. */
const LONGEST = 86_400;

/** Whose signature an address carries, as far as it can be seen from outside: like everywhere here, any secret is taken. */
export interface Signer {
  readonly accessKeyId: string;
  readonly region: string;
}

/**
 * MQTT over WebSocket, by an address that is signed as AWS IoT wants it.
 * https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html#mqtt-ws
 */
export class MqttOverWebSocket {
  private readonly server = new WebSocketServer({
    noServer: true, perMessageDeflate: false, maxPayload: 256 * 1024, handleProtocols: (offered) => (offered.has('mqtt') ? 'mqtt' : false),
  });

  /** @param brokerOf takes over a connection that was let in */
  constructor(private readonly brokerOf: (signer: Signer) => Promise<(stream: Duplex) => void>) {}

  /** For the HTTP server's `upgrade` event. Answers by itself, whatever comes. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const signer = signerOf(new URL(request.url ?? '/', 'ws://cloud').searchParams);
    if (!signer) return refuse(socket);
    this.brokerOf(signer).then((handle) => {
      this.server.handleUpgrade(request, socket, head, (webSocket) => handle(createWebSocketStream(webSocket).on('error', () => webSocket.terminate())));
    }, () => refuse(socket)); // there is no such region
  }

  /** Ends every connection. */
  close(): void {
    for (const client of this.server.clients) client.terminate();
  }
}

function signerOf(query: URLSearchParams): Signer | undefined {
  const [accessKeyId, date, region, service, end] = (query.get('X-Amz-Credential') ?? '').split('/');
  const seconds = Number(query.get('X-Amz-Expires') ?? LONGEST);
  // When it was signed says little here: tests put the cloud's clock forward, and not their clients'.
  const good = query.get('X-Amz-Algorithm') === 'AWS4-HMAC-SHA256' && service === SERVICE && end === 'aws4_request'
    && query.get('X-Amz-Date')?.startsWith(`${date}T`) === true && seconds > 0 && seconds <= LONGEST
    && query.get('X-Amz-SignedHeaders') === 'host' && /^[\da-f]{64}$/.test(query.get('X-Amz-Signature') ?? '');
  return good ? { accessKeyId, region } : undefined;
}

const refuse = (socket: Duplex): void =>
  void socket.end(`HTTP/1.1 403 ${STATUS_CODES[403]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
