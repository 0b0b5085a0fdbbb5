import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../clock';
import { admit, PROTOCOL_PREFIX } from './admission';
import type { Behaviour } from './behaviour';
import { Connection } from './connection';
import { encodeFrame, MAX_WEBSOCKET_MESSAGE, MessageType } from '../../tunnel-protocol/frames';
import type { Records } from './records';
import type { Random } from './tokens';
import { REFUSALS } from './refusals';
import type { Tunnels } from './tunnels';
import type { Version } from './vocabulary';

/** The WebSocket side of the service: `/tunnel?local-proxy-mode=source|destination`. */
export class DataPlane {
  private readonly server: WebSocketServer;
  /** What was granted to a request, for the headers of its 101 answer. */
  private readonly granted = new WeakMap<IncomingMessage, { readonly channelId: string; readonly version: Version }>();

  constructor(
    private readonly tunnels: Tunnels,
    private readonly records: Records,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly behaviour: Behaviour,
  ) {
    this.server = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_WEBSOCKET_MESSAGE,
      perMessageDeflate: false,
      handleProtocols: (_, request) => `${PROTOCOL_PREFIX}${this.granted.get(request)?.version}`,
    });
    this.server.on('headers', (headers, request) => headers.push(`channel-id: ${this.granted.get(request)?.channelId}`));
  }

  /** For the HTTP server's `upgrade` event. Answers by itself, whatever comes. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const channelId = this.random(20).toString('hex');
    const admission = admit(request, this.tunnels.tokens, this.behaviour);
    if (!admission.admitted) {
      this.records.refused(admission.refusal, admission.token);
      return refuse(socket, channelId, this.behaviour.refusals[admission.refusal] ?? REFUSALS[admission.refusal]);
    }
    const { token, clientToken, version } = admission;
    this.granted.set(request, { channelId, version });
    this.server.handleUpgrade(request, socket, head, (webSocket: WebSocket) => {
      this.granted.delete(request);
      const { tunnelId, side } = token;
      const tunnel = this.tunnels.find(tunnelId);
      token.used = true;
      token.clientToken = clientToken;
      const details = { channelId, version, side, connectedAt: this.clock.now() };
      const connection = new Connection(details, webSocket, socket);
      this.records.connected(token);
      // Version 1.0 knows neither services nor the message that lists them.
      if (version !== '1.0') {
        connection.send(encodeFrame({ type: MessageType.SERVICE_IDS, availableServiceIds: tunnel.services }));
      }
      tunnel.connect(side, connection);
    });
  }

  /** Ends every connection; resolves when all are gone. */
  async close(): Promise<void> {
    const gone = [...this.server.clients].map((client) => new Promise<void>((resolve) => client.once('close', () => resolve())));
    for (const client of this.server.clients) client.terminate();
    await Promise.all(gone);
    this.server.close();
  }
}

function refuse(socket: Duplex, channelId: string, sentence: string): void {
  socket.end([
    `HTTP/1.1 400 ${STATUS_CODES[400]}`,
    'Content-Type: text/plain',
    `Content-Length: ${Buffer.byteLength(sentence)}`,
    `channel-id: ${channelId}`,
    'Connection: close',
    '',
    sentence,
  ].join('\r\n'), () => socket.destroy());
}
