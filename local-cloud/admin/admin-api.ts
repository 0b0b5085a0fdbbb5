import type { LocalCloud } from '../local-cloud';
import type { Fallback } from '../http-front';
import { isRecord } from '../inputs';
import type { EventFeed } from './event-feed';
import type { Weather } from '../weather/weather';
import { header, type HttpReply, type HttpRequest } from '../wire/wire';
import { AdminError, resourcesOf, type Resource } from './resources';

/** Everything below this path is ours; no AWS service has it. */
const ADMIN_PATH = '/_local';
const EVENTS_PATH = `${ADMIN_PATH}/events`;

/** Switches and views of a running cloud, as JSON over HTTP. For people and tests; no AWS client comes here. */
export class AdminApi {
  private readonly resources: readonly Resource[];

  constructor(cloud: LocalCloud, weather: Weather, private readonly feed: EventFeed) {
    this.resources = resourcesOf(cloud, weather);
  }

  readonly answer: Fallback = async (request) => {
    if (request.path !== ADMIN_PATH && !request.path.startsWith(`${ADMIN_PATH}/`)) return undefined;
    try {
      refuseForms(request);
      if (request.method === 'GET' && request.path === EVENTS_PATH) return this.events(request);
      return json(200, await this.find(request)(request));
    } catch (error) {
      return json(error instanceof AdminError ? error.status : 400, { error: error instanceof Error ? error.message : String(error) });
    }
  };

  private events(request: HttpRequest): HttpReply {
    const lastId = Number(header(request, 'last-event-id')) || 0;
    return { status: 200, headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }, body: this.feed.watch(lastId) };
  }

  private find(request: HttpRequest): (request: HttpRequest) => Promise<unknown> {
    if (request.path === ADMIN_PATH) {
      return async () => [
        ...this.resources.map(({ method, path, summary }) => `${method} ${ADMIN_PATH}/${path}: ${summary}`),
        `GET ${EVENTS_PATH}: what happens, as server-sent events`,
      ];
    }
    const here = this.resources.flatMap((resource) => {
      const match = pattern(resource.path).exec(request.path);
      return match ? [{ resource, params: mapValues(match.groups ?? {}, decodeURIComponent) }] : [];
    });
    const found = here.find(({ resource }) => resource.method === request.method);
    if (here.length === 0) throw new AdminError(404, `there is no ${request.path}; GET ${ADMIN_PATH} tells what there is`);
    if (!found) throw new AdminError(405, `only ${here.map(({ resource }) => resource.method).join(', ')} here`);
    return async ({ query, body }) => found.resource.answer({ params: found.params, query, body: parse(body) });
  }
}

/** `tunnels/<id>` with a named group for `<id>`. */
const pattern = (path: string) => new RegExp(`^${ADMIN_PATH}/${path.replace(/<(\w+)>/g, '(?<$1>[^/]+)')}$`);

const mapValues = (values: Readonly<Record<string, string>>, map: (value: string) => string) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));

/** A web page cannot set this content type without asking first, which is never answered. */
function refuseForms(request: HttpRequest): void {
  if (request.method !== 'GET' && !header(request, 'content-type').startsWith('application/json')) {
    throw new AdminError(415, 'send application/json');
  }
}

function parse(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    throw new AdminError(400, 'the body is no JSON');
  }
  if (!isRecord(parsed)) throw new AdminError(400, 'the body must be a JSON object');
  return parsed;
}

const json = (status: number, value: unknown): HttpReply =>
  ({ status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(value, null, 2)}\n` });
