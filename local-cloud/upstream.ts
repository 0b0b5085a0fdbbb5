import { request as requestHttp, type IncomingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Fallback } from './http-front';
import type { HttpReply, HttpRequest } from './wire/wire';

/** Headers that belong to one connection, not to the request. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'proxy-authorization', 'content-length', 'expect']);

/** Hands requests on as they are: the Host and Authorization headers tell a LocalStack or moto which service is meant. */
export function upstream(base: string): Fallback {
  const { origin, protocol, pathname } = new URL(base);
  const send = protocol === 'https:' ? requestHttps : requestHttp;
  const prefix = pathname.replace(/\/$/, '');

  return ({ method, path, query, headers, body }: HttpRequest) => new Promise<HttpReply>((resolve) => {
    const search = query.size > 0 ? `?${query}` : '';
    const outgoing = send(`${origin}${prefix}${path}${search}`, { method, headers: forwarded(headers) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', (error) => resolve(unreachable(base, error)));
      response.on('end', () => resolve({ status: response.statusCode ?? 502, headers: answered(response.headers), body: Buffer.concat(chunks) }));
    });
    outgoing.on('error', (error) => resolve(unreachable(base, error)));
    outgoing.end(body);
  });
}

const unreachable = (base: string, error: Error): HttpReply => ({
  status: 502,
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': 'UpstreamUnreachable' },
  body: JSON.stringify({
    __type: 'UpstreamUnreachable', message: `The local cloud has no such service, and the upstream ${base} cannot be reached: ${error.message}`,
  }),
});

function forwarded(headers: HttpRequest['headers']): Record<string, string | string[]> {
  const entries = Object.entries(headers).filter(([name, value]) => value !== undefined && !HOP_BY_HOP.has(name));
  return Object.fromEntries(entries) as Record<string, string | string[]>;
}

function answered(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)).map(([name, value]) => [name, String(value)]));
}
