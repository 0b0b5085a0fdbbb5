import type { Agent, ClientRequestArgs, IncomingMessage } from 'node:http';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { WebSocket } from 'ws';
import { encodeFrames, FrameError, FrameParser, MAX_WEBSOCKET_MESSAGE, type Message, MessageType, type Outgoing } from './frames';
import { joined } from './joined';
import type { SideName } from './side-name';

const LONGEST_SENTENCE = 1_000;

export interface LinkProps {
  /** The data plane, for example `http://127.0.0.1:4566` or `https://127.0.0.1:4567`. */
  readonly endpoint: string;
  readonly token: string;
  /** Sub-protocol version. @default '3.0' */
  readonly protocol?: '1.0' | '2.0' | '3.0';
  /** Lets the same token be used again, with the same client token. @default - the token is spent by the first connection */
  readonly clientToken?: string;
  /** Certificate authority (PEM) of an `https` endpoint. @default - those that Node.js trusts */
  readonly ca?: string | Buffer;
  /** Everything about TLS that is the same for all connections; takes the place of `ca`. @default - made of `ca` */
  readonly secureContext?: tls.SecureContext;
  /** Whether the service must show a certificate of its name. @default true */
  readonly verify?: boolean;
  /** Carries the connection through a web proxy. @default - it is made directly */
  readonly agent?: Agent;
  /** Milliseconds that connecting may take. @default - as long as the system lets it */
  readonly patience?: number;
  /** Gives the connection up, also while it is being made. @default - nobody does */
  readonly abort?: AbortSignal;
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
  // The service of next year may tell more than we know of.
  private readonly parser = new FrameParser({ unknownFields: 'skip' });
  private socket: net.Socket | undefined;
  private messageHandler: (message: Message) => void = () => undefined;
  private welcome: () => void = () => undefined;
  private holds = 0;
  private signsOfLife = 0;

  constructor(side: SideName, props: LinkProps) {
    const { endpoint, token, protocol = '3.0', clientToken, abort } = props;
    this.version = Number(protocol);
    const url = new URL(`/tunnel?local-proxy-mode=${side}`, endpoint);
    url.protocol = url.protocol.replace('http', 'ws');
    this.webSocket = new WebSocket(url, `aws.iot.securetunneling-${protocol}`, {
      headers: { 'access-token': token, ...(clientToken && { 'client-token': clientToken }) },
      perMessageDeflate: false,
      handshakeTimeout: props.patience,
      maxPayload: MAX_WEBSOCKET_MESSAGE,
      ...this.transport(url, props),
    });
    const giveUp = () => this.terminate();
    abort?.addEventListener('abort', giveUp, { once: true });
    this.closed = new Promise((resolve) => {
      this.webSocket.once('close', (code, reason) => {
        abort?.removeEventListener('abort', giveUp);
        resolve({ code, reason: reason.toString() });
      });
    });
    this.ready = new Promise((resolve, reject) => {
      this.welcome = resolve;
      this.webSocket.once('unexpected-response', (_, response) => {
        void refusal(response).then(reject, (cause: unknown) => reject(unreachable(cause))).finally(() => this.webSocket.terminate());
      });
      this.webSocket.on('error', (cause) => reject(unreachable(cause)));
      void this.closed.then(({ code }) => reject(new LinkFailedError(`The connection closed before it was of use (${code})`)));
    });
    this.webSocket.once('upgrade', ({ socket }) => { this.socket ??= socket; });
    this.webSocket.once('open', () => {
      if (this.version === 1) this.welcome();
    });
    this.webSocket.on('message', (data: Buffer) => this.receive(data));
    for (const sign of ['ping', 'pong'] as const) this.webSocket.on(sign, () => { this.signsOfLife += 1; });
    if (abort?.aborted) giveUp();
  }

  /** Counts whatever came from the service. Stands still while the link is held. */
  get heard(): number {
    return this.signsOfLife;
  }

  /** Nobody reads from the service, so nothing can be heard. */
  get held(): boolean {
    return this.holds > 0;
  }

  /** Our address, by which the service answers. */
  get localAddress(): string | undefined {
    return this.socket?.localAddress;
  }

  /** Our end's port, which a firewall knows the connection by. */
  get localPort(): number | undefined {
    return this.socket?.localPort;
  }

  /** Asks the service for a sign of life. */
  ping(): void {
    if (this.webSocket.readyState === WebSocket.OPEN) this.webSocket.ping();
  }

  onMessage(handler: (message: Message) => void): void {
    this.messageHandler = handler;
  }

  send(message: Outgoing): void {
    this.sendAll([message]);
  }

  /**
   * Sends all of them in one WebSocket message, which they must fit in. `sent` is called when the bytes have left for the service, or never
   * will.
   */
  sendAll(messages: readonly Outgoing[], sent: () => void = () => undefined): void {
    if (this.webSocket.readyState !== WebSocket.OPEN) return void process.nextTick(sent);
    this.webSocket.send(encodeFrames(messages), { binary: true }, () => sent());
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
    if (this.socket instanceof net.Socket && !(this.socket instanceof tls.TLSSocket)) this.socket.resetAndDestroy();
    else this.terminate();
  }

  /** Ends the connection at once, without a word to the service. */
  terminate(): void {
    this.webSocket.terminate();
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
    this.signsOfLife += 1;
    try {
      for (const message of joined(this.parser.push(data))) {
        if (message.type === MessageType.SERVICE_IDS) {
          this.services = message.availableServiceIds;
          this.welcome();
        } else {
          this.messageHandler(message);
        }
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.terminate(); // what comes after nonsense cannot be understood either
    }
  }

  private transport(url: URL, { ca, secureContext, verify, agent }: LinkProps): object {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const security: tls.ConnectionOptions = {
      ca: secureContext ? undefined : ca, secureContext, rejectUnauthorized: verify,
      // Many services share an address; a name tells which one is meant (SNI). An address has no name.
      servername: net.isIP(host) ? '' : host,
    };
    if (agent) return { agent, ...security };
    return {
      // The TCP socket under a TLS one is kept at hand, so that `cut` can reset it.
      createConnection: (options: ClientRequestArgs) => {
        this.socket = net.connect({ host, port: Number(options.port), autoSelectFamily: true });
        this.socket.setNoDelay();
        return url.protocol === 'wss:' ? tls.connect({ socket: this.socket, host, ...security }) : this.socket;
      },
    };
  }
}

const unreachable = (cause: unknown) => new LinkFailedError('The tunnel could not be reached', { cause });

/** What the service says when it refuses is a sentence; whatever answers with more than that is not it. */
async function refusal(response: IncomingMessage): Promise<UpgradeRefusedError> {
  let sentence = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    sentence += String(chunk);
    if (sentence.length > LONGEST_SENTENCE) break;
  }
  return new UpgradeRefusedError(response.statusCode ?? 0, sentence.slice(0, LONGEST_SENTENCE).trim());
}
