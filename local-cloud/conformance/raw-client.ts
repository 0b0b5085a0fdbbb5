import * as net from 'node:net';
import * as tls from 'node:tls';
import { WebSocket } from 'ws';
import { encodeFrame, FrameParser, type Message } from '../../tunnel-protocol/frames';
import type { SideName } from '../tunneling/vocabulary';

/** A WebSocket client that says exactly what it is told to, and remembers what it hears. */
export class RawClient {
  /** Whatever was not yet asked for with `next`. */
  readonly heard: Message[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Length of each WebSocket frame received. */
  readonly frameLengths: number[] = [];
  private readonly parser = new FrameParser();
  private waiting: ((message: Message) => void)[] = [];

  private constructor(readonly webSocket: WebSocket) {
    this.closed = new Promise((resolve) => webSocket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })));
    webSocket.on('error', () => undefined);
    webSocket.on('message', (data: Buffer) => {
      this.frameLengths.push(data.length);
      for (const { message } of this.parser.push(data)) {
        const waiting = this.waiting.shift();
        if (waiting) waiting(message);
        else this.heard.push(message);
      }
    });
  }

  static async connect(endpoint: string, side: SideName, token: string, version = '3.0', headers: object = {}): Promise<RawClient> {
    const webSocket = new WebSocket(`${endpoint.replace('http', 'ws')}/tunnel?local-proxy-mode=${side}`, `aws.iot.securetunneling-${version}`, {
      headers: { 'access-token': token, ...headers }, perMessageDeflate: false,
    });
    const client = new RawClient(webSocket);
    await new Promise<void>((resolve, reject) => {
      webSocket.once('open', resolve);
      webSocket.once('error', () => reject(new Error('the upgrade was refused')));
    });
    return client;
  }

  next(): Promise<Message> {
    const heard = this.heard.shift();
    return heard ? Promise.resolve(heard) : new Promise((resolve) => this.waiting.push(resolve));
  }

  send(...messages: Partial<Message>[]): void {
    this.sendBytes(Buffer.concat(messages.map((message) => encodeFrame(message))));
  }

  sendBytes(bytes: Buffer): void {
    this.webSocket.send(bytes, { binary: true });
  }

  /** Resolves when the service has handled everything sent so far. */
  async settled(): Promise<void> {
    const answered = new Promise((resolve) => this.webSocket.once('pong', resolve));
    this.webSocket.ping();
    await answered;
  }
}

export interface UpgradeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Writes an upgrade request to a bare socket, header lines exactly as given, and reads the answer's head and body. */
export async function upgrade(endpoint: string, path: string, headers: readonly string[]): Promise<UpgradeAnswer> {
  const { hostname, host, port, protocol } = new URL(endpoint);
  const socket = protocol === 'https:' ? tls.connect(Number(port || 443), hostname, { servername: hostname }) : net.connect(Number(port || 80), hostname);
  const lines = [
    `GET ${path} HTTP/1.1`, `Host: ${host}`, 'Upgrade: websocket', 'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13', ...headers, '', '',
  ];
  socket.write(lines.join('\r\n'));
  let text = '';
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString('latin1');
    if (isComplete(text)) break;
  }
  socket.destroy();
  return parseAnswer(text);
}

function parseAnswer(text: string): UpgradeAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [line, ...headerLines] = text.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(headerLines.map((header) => {
    const colon = header.indexOf(':');
    return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()];
  }));
  return { status: Number(line.split(' ')[1]), headers, body: text.slice(end + 4) };
}

function isComplete(text: string): boolean {
  if (!text.includes('\r\n\r\n')) return false;
  const { status, headers, body } = parseAnswer(text);
  return status === 101 || body.length >= Number(headers['content-length'] ?? 0);
}
