import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { pipeline, Readable, type Duplex } from 'node:stream';
import { ConnectionLost, Unanswered } from './calls';
import type { Clock } from './clock';
import { asAwsError, type Dispatcher } from './dispatch';
import type { Gate } from './gate';
import { accountOf, type PrincipalRegistry } from './iam/principals';
import { AwsError } from './service';
import { onOnePort } from './tls/one-port';
import { header, type HttpReply, type HttpRequest, type Wire } from './wire/wire';

const LONGEST_BODY = 16 * 1024 * 1024;

/** Answers what is no service's; undefined: not mine. */
export type Fallback = (request: HttpRequest) => Promise<HttpReply | undefined>;

/** Who answers for one account in one region. */
export interface Desk {
  readonly wires: readonly Wire[];
  readonly dispatcher: Dispatcher;
}

export interface FrontOptions {
  /** Where a request goes that says nothing of a place. */
  readonly home: Desk;
  /** @param account undefined: of the cloud's own. @throws AwsError for what is no region */
  at(account: string | undefined, region: string): Promise<Desk>;
  readonly principals: PrincipalRegistry;
  readonly gate: Gate;
  readonly clock: Clock;
  /** PEM texts; with them, the port takes TLS as well. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly admin: Fallback;
  /** Does this path belong to the cloud's own page? */
  readonly isOfPage: (path: string) => boolean;
  /** Does a WebSocket of this path take nobody in who has no token? */
  readonly isTunnel: (path: string) => boolean;
  /** Who answers for the service that a request is signed for, if it isn't served here. */
  readonly elsewhere: (service: string | undefined) => ((request: HttpRequest) => Promise<HttpReply>) | undefined;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** The one port that all services share: finds wire, service and action, and writes down the answer. */
export class HttpFront {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly listener: Server, readonly port: number) {
    listener.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
  }

  static async listen(options: FrontOptions, host: string, port: number): Promise<HttpFront> {
    const handle: RequestListener = (request, response) => void serve(request, response, options);
    const plain = createServer(handle);
    const secure = options.tls && createSecureServer(options.tls, handle);
    const servers = secure ? [plain, secure] : [plain];
    for (const server of servers) {
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        if (options.gate.refusal(request.headers, { isTunnel: options.isTunnel(request.url ?? '') }) === undefined) options.upgrade(request, socket, head);
        else socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => socket.destroy());
      });
      // Idle SDK connections would else be cut under a request that is just being sent.
      server.keepAliveTimeout = 60_000;
    }
    const listener = secure ? onOnePort(plain, secure) : plain;
    await new Promise<void>((resolve, reject) => {
      listener.once('error', reject).listen(port, host, resolve);
    });
    return new HttpFront(listener, (listener.address() as AddressInfo).port);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.listener.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

async function serve(incoming: IncomingMessage, response: ServerResponse, options: FrontOptions): Promise<void> {
  try {
    const refusal = options.gate.refusal(incoming.headers, { isPage: options.isOfPage(incoming.url ?? '') });
    const reply = refusal === undefined ? await answer(await read(incoming), options) : forbidden(refusal);
    const headers = { date: new Date(options.clock.now()).toUTCString(), ...reply.headers as OutgoingHttpHeaders };
    if (reply.body instanceof Readable) return void pipeline(reply.body, response.writeHead(reply.status, headers), () => undefined);
    const length = incoming.method === 'HEAD' ? {} : { 'content-length': Buffer.byteLength(reply.body) };
    response.writeHead(reply.status, { ...headers, ...length }).end(reply.body);
  } catch (error) {
    if (error instanceof Unanswered) return; // the connection ends with its client, or with the cloud
    // Either somebody wants the connection cut, or the caller is gone: both times there is nobody to answer.
    incoming.socket.destroy();
  }
}

/** In no service's words: no client of theirs comes here. */
const forbidden = (error: string): HttpReply => ({ status: 403, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify({ error })}\n` });

async function answer(request: HttpRequest, options: FrontOptions): Promise<HttpReply> {
  const requestId = randomUUID();
  const signature = signatureOf(request);
  const view = await options.admin(request);
  if (view) return view;
  let desk: Desk;
  try {
    const elsewhere = options.elsewhere(signature?.service);
    if (elsewhere) return await elsewhere(request);
    desk = signature ? await options.at(accountOf(options.principals.whoIs(signature.accessKeyId)), signature.region) : options.home;
  } catch (error) {
    return wireOf(request, options).error(asAwsError(error), request, requestId);
  }
  for (const wire of desk.wires) {
    try {
      const routed = wire.route(request);
      if (!routed) continue;
      if (!signature) throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token', 403);
      const { accessKeyId } = signature;
      const call = { service: routed.service.name, action: routed.action, input: routed.input, accessKeyId, requestId, signedAt: signedAt(request) };
      const result = await desk.dispatcher.dispatch(routed, call, options.principals.whoIs(accessKeyId));
      return wire.result(result, request, requestId);
    } catch (error) {
      if (error instanceof ConnectionLost || error instanceof Unanswered) throw error;
      return wire.error(asAwsError(error), request, requestId);
    }
  }
  return nobody(request, options, requestId, signature?.service);
}

function nobody(request: HttpRequest, options: FrontOptions, requestId: string, service?: string): HttpReply {
  if (service === 's3') return noBuckets(requestId);
  const wire = wireOf(request, options);
  const wanted = wire.describe(request) ?? `${request.method} ${request.path}`;
  const error = new AwsError('UnknownOperationException', `The local cloud has no service that answers '${wanted}'`, 404);
  return wire.error(error, request, requestId);
}

/** S3 speaks a protocol of its own. */
function noBuckets(requestId: string): HttpReply {
  const message = 'The local cloud has no S3; --upstream sends such requests to another emulator';
  return {
    status: 501,
    headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NotImplemented</Code><Message>${message}</Message><RequestId>${requestId}</RequestId></Error>`,
  };
}

/** The wire that the request seems to speak, in which it is told that something is wrong. */
function wireOf(request: HttpRequest, { home: { wires } }: FrontOptions): Wire {
  return wires.find((candidate) => candidate.describe(request)) ?? wires[0];
}

/** Who signed a request, for which region and service; in a presigned URL it stands in the query. */
function signatureOf(request: HttpRequest): { accessKeyId: string; region: string; service: string } | undefined {
  const credential = /^AWS4-HMAC-SHA256 .*Credential=([^,\s]+)/.exec(header(request, 'authorization'))?.[1] ?? request.query.get('X-Amz-Credential') ?? '';
  const match = /^([^/]+)\/\d+\/([^/]+)\/([^/]+)\//.exec(credential);
  return match ? { accessKeyId: match[1], region: match[2], service: match[3] } : undefined;
}

/** `x-amz-date`: 20260615T120000Z */
function signedAt(request: HttpRequest): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(header(request, 'x-amz-date'));
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

async function read(incoming: IncomingMessage): Promise<HttpRequest> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LONGEST_BODY) throw new ConnectionLost('the request is too long');
    chunks.push(chunk);
  }
  const [, path = '/', query = ''] = /^([^?]*)\??(.*)$/s.exec(incoming.url ?? '/') ?? [];
  const { method = 'GET', url = '/', headers } = incoming;
  return { method, url, path, query: new URLSearchParams(query), headers, body: Buffer.concat(chunks) };
}
