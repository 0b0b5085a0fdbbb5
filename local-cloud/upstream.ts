import { request as requestHttp, type IncomingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LocalCloudOptions } from './options';
import { AwsError } from './service';
import { SERVICES } from './service-name';
import type { HttpReply, HttpRequest } from './wire/wire';

/** Where it is another name that stands in signatures. */
const SIGNED_AS: Readonly<Record<string, string>> = { IoTSecuredTunneling: 'iotsecuretunneling' };

/** Answers the requests of a service that is not served here. */
export type Elsewhere = (request: HttpRequest) => Promise<HttpReply>;

/**
 * Which services live elsewhere: all calls of one go one way. With an upstream, Secure Tunneling alone is served here unless more is asked for.
 * @returns for the service that a request is signed for, who answers; undefined: it is served here
 */
export function division({ upstream: base, services }: LocalCloudOptions): (signedFor: string | undefined) => Elsewhere | undefined {
  const here = servedHere({ upstream: base, services });
  const relay = base === undefined ? undefined : upstream(base);
  return (signedFor) => {
    const name = SIGNED_AS[signedFor ?? ''] ?? signedFor ?? '';
    if (here.includes(name)) return undefined;
    if (relay) return relay;
    if (!(SERVICES as readonly string[]).includes(name)) return undefined; // nobody has it, and it is refused by name
    return () => { throw new AwsError('UnknownOperationException', `${name} is not served here; served are ${here.join(', ')}`); };
  };
}

/** Is every service here, as a stack needs it? */
export const isComplete = (options: LocalCloudOptions): boolean => SERVICES.every((name) => servedHere(options).includes(name));

const servedHere = ({ upstream: base, services }: LocalCloudOptions): readonly string[] =>
  services ?? (base === undefined ? SERVICES : ['iotsecuretunneling']);

/** Headers that belong to one connection, not to the request. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'proxy-authorization', 'expect']);

/** Hands requests on as they are: the Host and Authorization headers tell a LocalStack or moto which service is meant. */
function upstream(base: string): Elsewhere {
  const { origin, protocol, pathname } = new URL(base);
  const send = protocol === 'https:' ? requestHttps : requestHttp;
  const prefix = pathname.replace(/\/$/, '');

  return ({ method, url, headers, body }: HttpRequest) => new Promise<HttpReply>((resolve) => {
    const outgoing = send(`${origin}${prefix}${url}`, { method, headers: { ...forwarded(headers), ...sizeOf(method, body) } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', (error) => resolve(unreachable(base, error)));
      response.on('end', () => resolve({ status: response.statusCode ?? 502, headers: answered(response.headers), body: Buffer.concat(chunks) }));
    });
    outgoing.on('error', (error) => resolve(unreachable(base, error)));
    outgoing.end(body);
  });
}

/** S3 wants to know how long a body is before it comes. */
const sizeOf = (method: string, body: Buffer) => (body.length > 0 || method === 'PUT' || method === 'POST' ? { 'content-length': String(body.length) } : {});

const unreachable = (base: string, error: Error): HttpReply => ({
  status: 502,
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': 'UpstreamUnreachable' },
  body: JSON.stringify({
    __type: 'UpstreamUnreachable', message: `The local cloud has no such service, and the upstream ${base} cannot be reached: ${error.message}`,
  }),
});

function forwarded(headers: HttpRequest['headers']): Record<string, string | string[]> {
  const entries = Object.entries(headers).filter(([name, value]) => value !== undefined && name !== 'content-length' && !HOP_BY_HOP.has(name));
  return Object.fromEntries(entries) as Record<string, string | string[]>;
}

function answered(headers: IncomingHttpHeaders): HttpReply['headers'] {
  const entries = Object.entries(headers).filter(([name, value]) => value !== undefined && !HOP_BY_HOP.has(name));
  return Object.fromEntries(entries) as HttpReply['headers'];
}
