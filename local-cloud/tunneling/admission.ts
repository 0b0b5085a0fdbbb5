import type { IncomingMessage } from 'node:http';
import type { Behaviour } from './behaviour';
import type { Refusal } from './refusals';
import { fingerprint, type AccessToken, type Tokens } from './tokens';
import { type SideName, type Version, VERSIONS } from './vocabulary';

/**
 * Who may connect to a tunnel: the handshake rules of the protocol guides.
 * https://github.com/aws-samples/aws-iot-securetunneling-localproxy/blob/main/V3WebSocketProtocolGuide.md
 */
export type Admission =
  | { readonly admitted: true; readonly token: AccessToken; readonly clientToken?: string; readonly version: Version }
  | { readonly admitted: false; readonly refusal: Refusal; readonly token?: AccessToken };

/** What stands before the version in `Sec-WebSocket-Protocol`. */
export const PROTOCOL_PREFIX = 'aws.iot.securetunneling-';

const MAX_REQUEST = 4_096;
const CLIENT_TOKEN = /^[a-zA-Z0-9-]{32,128}$/;

/** Decides about an upgrade request. Nothing is spent yet: the handshake may still fail. */
export function admit(request: IncomingMessage, tokens: Tokens, { clientTokenReuse }: Pick<Behaviour, 'clientTokenReuse'>): Admission {
  if (requestSize(request) > MAX_REQUEST) return refuse('request-too-large');
  const url = new URL(`http://localhost${request.url?.startsWith('/') ? request.url : '/'}`);
  if (url.pathname !== '/tunnel') return refuse('path-unknown');
  const [mode, ...otherModes] = url.searchParams.getAll('local-proxy-mode');
  if (!isSide(mode) || otherModes.length > 0) return refuse('mode-invalid');

  const presented = tokensIn(request);
  if (presented.length === 0) return refuse('token-missing');
  if (presented.length > 1) return refuse('token-repeated');
  const token = tokens.find(presented[0]);
  if (!token) return refuse('token-unknown');
  if (token.side !== mode) return refuse('mode-mismatch', token);
  if (tokens.outlived(token)) return refuse('tunnel-closed', token);
  if (token.revoked) return refuse('token-revoked', token);

  const clientTokens = header(request, 'client-token');
  if (clientTokens.length > 1) return refuse('client-token-repeated', token);
  if (clientTokens.length === 1 && !CLIENT_TOKEN.test(clientTokens[0])) return refuse('client-token-malformed', token);
  const clientToken = clientTokens.length === 1 ? fingerprint(clientTokens[0]) : undefined;
  if (token.used && (!clientToken || !token.clientToken || clientTokenReuse === 'refused')) return refuse('previously-used', token);
  if (token.used && clientToken !== token.clientToken) return refuse('client-token-mismatch', token);
  if (clientToken && tokens.clientTokenTaken(clientToken, token.tunnelId)) return refuse('client-token-taken', token);

  const version = listed(header(request, 'sec-websocket-protocol')).map(versionOf).find((known) => known !== undefined);
  if (!version) return refuse('protocol-unsupported', token);
  return { admitted: true, token, clientToken, version };
}

/** Access tokens that a request brings; one is right. */
export const tokensIn = (request: IncomingMessage): string[] => [...header(request, 'access-token'), ...cookies(request, 'awsiot-tunnel-token')];

const refuse = (refusal: Refusal, token?: AccessToken): Admission => ({ admitted: false, refusal, token });
const isSide = (value: unknown): value is SideName => value === 'source' || value === 'destination';
const versionOf = (protocol: string): Version | undefined =>
  VERSIONS.find((version) => protocol === PROTOCOL_PREFIX + version);
const listed = (values: string[]): string[] => values.flatMap((value) => value.split(',')).map((value) => value.trim());

/** Every value of a header; Node's `headers` would join or drop repeated ones. */
function header({ rawHeaders }: IncomingMessage, name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1].toLowerCase() === name);
}

function cookies(request: IncomingMessage, name: string): string[] {
  const pairs = header(request, 'cookie').flatMap((line) => line.split(';')).map((pair) => pair.trim());
  return pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
}

/** Bytes of the request as it came over the wire: request line, headers, and the empty line. */
function requestSize({ method, url, httpVersion, rawHeaders }: IncomingMessage): number {
  const line = `${method} ${url} HTTP/${httpVersion}\r\n`;
  return line.length + rawHeaders.reduce((sum, part) => sum + part.length + 2, 0) + 2;
}
