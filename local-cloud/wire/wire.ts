import type { Readable } from 'node:stream';
import type { Service } from '../service';

/** A request as it came over HTTP, body read. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** A stream goes on until its reader leaves. */
  readonly body: string | Buffer | Readable;
}

/** Which action of which service a request asks for. */
export interface Routed {
  readonly service: Pick<Service, 'name' | 'actions' | 'needs' | 'parameters'>;
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** One of AWS's protocols: how a request names its action, and how results and errors are written. */
export interface Wire {
  /**
   * @returns undefined if the request isn't of this protocol or its service isn't here
   * @throws AwsError SerializationException for a body that cannot be read
   */
  route(request: HttpRequest): Routed | undefined;
  /** What the request seems to ask for, for the message that nothing here answers it. */
  describe(request: HttpRequest): string | undefined;
  result(result: object, request: HttpRequest, requestId: string): HttpReply;
  error(error: WireError, request: HttpRequest, requestId: string): HttpReply;
}

export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly detail: object;
}

export const header = (request: HttpRequest, name: string): string => {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value ?? '';
};
