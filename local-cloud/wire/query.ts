import type { Service } from '../service';
import { header, type HttpRequest, type Routed, type Wire } from './wire';

/** A service of AWS's older form-encoded protocol, told apart by its API version. */
export interface QueryService extends Pick<Service, 'name' | 'actions' | 'needs'> {
  readonly version: string;
  readonly namespace: string;
}

/** https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
export function awsQuery(services: readonly QueryService[]): Wire {
  const find = (request: HttpRequest) => services.find(({ version }) => version === form(request)?.get('Version'));

  return {
    route(request): Routed | undefined {
      const service = find(request);
      if (!service) return undefined;
      const input = Object.fromEntries(form(request) ?? []);
      return { service, action: input.Action ?? '', input };
    },
    describe(request) {
      const fields = form(request);
      return fields?.get('Action') ? `${fields.get('Action')} (version ${fields.get('Version')})` : undefined;
    },
    result(result, request, requestId) {
      const action = form(request)?.get('Action');
      return xml(200, requestId, `<${action}Response xmlns="${find(request)?.namespace}"><${action}Result>${elements(result)}</${action}Result>`
        + `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`);
    },
    error({ code, message, status }, request, requestId) {
      const namespace = find(request)?.namespace ?? '';
      const type = status < 500 ? 'Sender' : 'Receiver';
      return xml(status, requestId, `<ErrorResponse xmlns="${namespace}"><Error>${elements({ Type: type, Code: code, Message: message })}</Error>`
        + `<RequestId>${requestId}</RequestId></ErrorResponse>`);
    },
  };
}

function form(request: HttpRequest): URLSearchParams | undefined {
  return header(request, 'content-type').startsWith('application/x-www-form-urlencoded')
    ? new URLSearchParams(request.body.toString('utf8')) : undefined;
}

const xml = (status: number, requestId: string, body: string) =>
  ({ status, headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }, body });

/** Structures in structures; lists are not needed yet. */
const elements = (values: object): string => Object.entries(values)
  .map(([name, value]) => `<${name}>${typeof value === 'object' ? elements(value) : escape(String(value))}</${name}>`).join('');

const escape = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
