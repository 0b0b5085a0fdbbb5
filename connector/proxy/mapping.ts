import { UsageError } from '../session/failures';

/** Where a service of the tunnel is offered on this machine. */
export interface Mapping {
  /** As OpenTunnel named it; empty for the only one there is, or for a tunnel without services. */
  readonly service: string;
  /** @default - the address that all listen on */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
}

// https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_DestinationConfig.html
const SERVICE = /^[a-zA-Z0-9_\-+.]{0,128}$/;
const ADDRESS = /^(?:(?<host>\[[0-9a-fA-F:.%]+\]|[^:[\]]+):)?(?<port>\d{1,5})$/;

/**
 * Reads `SSH=5555,HTTP=127.0.0.1:8080` or a bare `5555`, as the official local proxy's `-s` takes it; the address is ours.
 *
 * @throws UsageError which says what is wrong
 */
export function parseMappings(texts: readonly string[]): Mapping[] {
  const mappings = texts.flatMap((text) => text.split(',')).map((text) => text.trim()).filter(Boolean).map(parseMapping);
  const names = mappings.map(({ service }) => service);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(twice ? `-s names the service ${twice} twice.` : '-s takes one port without a service only.');
  if (names.length > 1 && names.includes('')) throw new UsageError('-s needs a service for each port when there are several, for example SSH=5555.');
  return mappings;
}

function parseMapping(text: string): Mapping {
  const equals = text.indexOf('=');
  const service = equals < 0 ? '' : text.slice(0, equals);
  const { host, port } = ADDRESS.exec(text.slice(equals + 1))?.groups ?? {};
  if (port === undefined || Number(port) > 65_535 || !SERVICE.test(service) || equals === 0) {
    throw new UsageError(`-s must be SERVICE=PORT, SERVICE=ADDRESS:PORT or PORT, not ${JSON.stringify(text)}.`);
  }
  return { service, port: Number(port), ...(host && { host: host.replace(/^\[|\]$/g, '') }) };
}

/**
 * Does the tunnel have these services? Its own list is the truth.
 *
 * @returns what to tell a person if not
 */
export function strayService(wanted: readonly string[], services: readonly string[]): string | undefined {
  const has = services.length > 0
    ? `The tunnel has ${services.join(', ')}.`
    : 'The tunnel was opened without services: give the port alone, for example -s 5555.';
  const stray = wanted.find((service) => service !== '' && !services.includes(service));
  if (stray !== undefined) return `There is no service ${stray}. ${has}`;
  if (wanted.includes('') && services.length > 1) return `Which service? ${has}`;
  return undefined;
}
