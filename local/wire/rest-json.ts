import type { Service } from '../service';
import type { HttpRequest, Routed, Wire } from './wire';

export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly action: string;
  /** From the path's named groups and the request to the action's input. */
  input(groups: Readonly<Record<string, string>>, request: HttpRequest): Record<string, unknown>;
}

/** A service whose actions are told apart by method and path. */
export interface RestService extends Pick<Service, 'name' | 'actions' | 'needs'> {
  readonly routes: readonly Route[];
}

/** https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export function restJson(services: readonly RestService[]): Wire {
  return {
    route(request): Routed | undefined {
      for (const service of services) {
        for (const { method, path, action, input } of service.routes) {
          const match = method === request.method ? path.exec(request.path) : null;
          if (match) return { service, action, input: input({ ...match.groups }, request) };
        }
      }
      return undefined;
    },
    describe: () => undefined,
    result: (result, _request, requestId) => ({
      status: 200, headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId }, body: JSON.stringify(result),
    }),
    error: ({ code, message, status, detail }, _request, requestId) => ({
      status,
      headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, 'x-amzn-errortype': code },
      body: JSON.stringify({ message, ...detail }),
    }),
  };
}
