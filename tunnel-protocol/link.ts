import type { ClientRequestArgs, IncomingMessage } from 'node:http';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { WebSocket } from 'ws';
import { encodeFrame, FrameParser, type Message, MessageType } from './frames';
import type { SideName } from './side-name';

export interface LinkProps {
  /** The data plane, for example `http://127.0.0.1:4566` or `https://127.0.0.1:4567`. */
  readonly endpoint: string;
  readonly token: string;
  /** Sub-protocol version. @default '3.0' */
  readonly protocol?: '1.0' | '2.0' | '3.0';
  /** Lets the same token be used again, with the same client token. @default - the token is spent by the first connection */
  readonly clientToken?: string;
  /** Certificate authority (PEM) of an `https` endpoint. @default - the system's */
  readonly ca?: string | Buffer;
}

/** How a connection ended. */
export interface Closed {
  /** WebSocket close code; 1006 if the TCP connection broke. */
  readonly code: number;
  readonly reason: string;
}

/** The service answered the upgrade with an HTTP error. Carries what the service said, which never holds a token. */
export class UpgradeRefusedError extends Error {
  override readonly name = 'UpgradeRefusedError';

  constructor(readonly status: number, readonly sentence: string) {
    super(`The tunnel refused the connection: HTTP ${status} ${sentence}`);
  }
}

/** The service could not be reached, or the connection broke before it was of use. */
export class LinkFailedError extends Error {
  override readonly name = 'LinkFailedError';
}

/** A client's WebSocket to the data plane, in terms of messages. Begins to connect when it is made. */
export class Link {
  /**
   * Resolves when the service let us in and told its services. Rejects with UpgradeRefusedError if it said no, with
   * LinkFailedError if there was nobody to say anything.
   */
  readonly ready: Promise<void>;
  /** Resolves when the connection is over, however it ended. */
  readonly closed: Promise<Closed>;
  readonly version: number;
  /** What the tunnel was opened for; always empty in version 1.0. */
  services: readonly string[] = [];
  private readonly webSocket: WebSocket;
  private readonly parser = new FrameParser();
  private socket!: net.Socket;
  private messageHandler: (message: Message) => void = () => undefined;
  private welcome: () => void = () => undefined;
  private holds = 0;

  constructor(side: SideName, { endpoint, token, protocol = '3.0', clientToken, ca }: LinkProps) {
    this.version = Number(protocol);
    const url = new URL(`/tunnel?local-proxy-mode=${side}`, endpoint);
    url.protocol = url.protocol.replace('http', 'ws');
    this.webSocket = new WebSocket(url, `aws.iot.securetunneling-${protocol}`, {
      headers: { 'access-token': token, ...(clientToken && { 'client-token': clientToken }) },
      perMessageDeflate: false,
      // The TCP socket under a TLS one is kept at hand, so that `cut` can reset it.
      createConnection: ((options: ClientRequestArgs) => {
        this.socket = net.connect({ host: url.hostname, port: Number(options.port) });
        return url.protocol === 'wss:' ? tls.connect({ socket: this.socket, host: url.hostname, ca }) : this.socket;
      }) as never,
    });
    this.closed = new Promise((resolve) => {
      this.webSocket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    this.ready = new Promise((resolve, reject) => {
      this.welcome = resolve;
      this.webSocket.once('unexpected-response', (_, response) => {
        void refusal(response).then(reject, reject).finally(() => this.webSocket.terminate());
      });
      this.webSocket.on('error', (cause) => reject(new LinkFailedError('The tunnel could not be reached', { cause })));
      void this.closed.then(({ code }) => reject(new LinkFailedError(`The connection closed before it was of use (${code})`)));
    });
    this.webSocket.once('open', () => {
      if (this.version === 1) this.welcome();
    });
    this.webSocket.on('message', (data: Buffer) => this.receive(data));
  }

  onMessage(handler: (message: Message) => void): void {
    this.messageHandler = handler;
  }

  /** `sent` is called when the bytes have left for the service, or never will. */
  send(message: Partial<Message>, sent: () => void = () => undefined): void {
    if (this.webSocket.readyState !== WebSocket.OPEN) return void process.nextTick(sent);
    this.webSocket.send(encodeFrame(message), { binary: true }, () => sent());
  }

  /** Stops reading from the service until as many `release` calls have come. */
  hold(): void {
    this.holds += 1;
    this.webSocket.pause();
  }

  release(): void {
    this.holds -= 1;
    if (this.holds === 0) this.webSocket.resume();
  }

  /** Destroys the TCP connection with a reset, as a broken network would. */
  cut(): void {
    this.socket.resetAndDestroy();
  }

  /** Says goodbye with a close frame. */
  async close(): Promise<void> {
    this.webSocket.resume();
    this.webSocket.close(1000);
    const timer = setTimeout(() => this.webSocket.terminate(), 1_000);
    await this.closed;
    clearTimeout(timer);
  }

  private receive(data: Buffer): void {
    for (const { message } of this.parser.push(data)) {
      if (message.type === MessageType.SERVICE_IDS) {
        this.services = message.availableServiceIds;
        this.welcome();
      } else {
        this.messageHandler(message);
      }
    }
  }
}

async function refusal(response: IncomingMessage): Promise<UpgradeRefusedError> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return new UpgradeRefusedError(response.statusCode ?? 0, Buffer.concat(chunks).toString().trim());
}
