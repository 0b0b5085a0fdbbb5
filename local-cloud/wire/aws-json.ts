import { AwsError, type Service } from '../service';
import { header, type HttpRequest, type Routed, type Wire } from './wire';

/**
 * AWS JSON 1.0 and 1.1: POST with `X-Amz-Target: <target>.<Action>`, whatever the path.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
export function awsJson(services: readonly Service[]): Wire {
  const byTarget = new Map(services.map((service) => [service.target, service]));

  /** Clients that grew up with SQS's older protocol find its names for errors there. */
  const queryError = (request: HttpRequest, code: string, status: number): Record<string, string> => {
    if (header(request, 'x-amzn-query-mode') !== 'true') return {};
    const former = byTarget.get(parseTarget(request).target)?.queryCodes?.[code] ?? code;
    return { 'x-amzn-query-error': `${former};${status < 500 ? 'Sender' : 'Receiver'}` };
  };

  return {
    route(request): Routed | undefined {
      const { target, action } = parseTarget(request);
      const service = byTarget.get(target);
      return service && { service, action, input: parseBody(request.body) };
    },
    describe(request) {
      const { target, action } = parseTarget(request);
      return target ? `${target}.${action}` : undefined;
    },
    result: (result, request, requestId) => ({
      status: 200, headers: { 'content-type': contentType(request), 'x-amzn-requestid': requestId }, body: JSON.stringify(result),
    }),
    error: ({ code, message, status, detail }, request, requestId) => ({
      status,
      headers: {
        'content-type': contentType(request), 'x-amzn-requestid': requestId, 'x-amzn-errortype': code, ...queryError(request, code, status),
      },
      // Both spellings: services differ, and SDKs read either.
      body: JSON.stringify({ __type: code, message, Message: message, ...detail }),
    }),
  };
}

function parseTarget(request: HttpRequest) {
  const value = header(request, 'x-amz-target');
  const dot = value.lastIndexOf('.');
  return { target: value.slice(0, Math.max(0, dot)), action: value.slice(dot + 1) };
}

function parseBody(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    throw new AwsError('SerializationException', 'The request body is not valid JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new AwsError('SerializationException', 'The request body must be a JSON object');
  }
  return parsed as Record<string, unknown>;
}

const contentType = (request: HttpRequest) => header(request, 'content-type') || 'application/x-amz-json-1.1';
