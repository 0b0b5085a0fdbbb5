import type { Service } from '../service';
import type { HttpReply, HttpRequest, Routed, Wire } from './wire';

export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly action: string;
  /** From the path's named groups and the request to the action's input. */
  input(groups: Readonly<Record<string, string>>, request: HttpRequest): Record<string, unknown>;
  /** From the action's result to what differs from a plain JSON body with status 200. */
  reply?(result: object): Partial<HttpReply>;
}

/** A service whose actions are told apart by method and path. */
export interface RestService extends Pick<Service, 'name' | 'actions' | 'needs' | 'parameters'> {
  readonly routes: readonly Route[];
}

/** https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export function restJson(services: readonly RestService[]): Wire {
  const find = (request: HttpRequest) => {
    for (const service of services) {
      for (const route of service.routes) {
        const match = route.method === request.method ? route.path.exec(request.path) : null;
        if (match) return { service, route, groups: { ...match.groups } };
      }
    }
    return undefined;
  };

  return {
    route(request): Routed | undefined {
      const found = find(request);
      return found && { service: found.service, action: found.route.action, input: found.route.input(found.groups, request) };
    },
    describe: () => undefined,
    result(result, request, requestId) {
      const { status = 200, headers = {}, body = JSON.stringify(result) } = find(request)?.route.reply?.(result) ?? {};
      return { status, headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, ...headers }, body };
    },
    error: ({ code, message, status, detail }, _request, requestId) => ({
      status,
      headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId, 'x-amzn-errortype': code },
      body: JSON.stringify({ message, ...detail }),
    }),
  };
}
