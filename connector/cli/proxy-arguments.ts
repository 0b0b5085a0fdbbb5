import { parseMappings } from '../proxy/mapping';
import type { ProxyOptions } from '../proxy/options';
import { UsageError } from '../session/failures';

/** Options of the built-in proxy; the letters are those of AWS's own local proxy. */
export const PROXY_OPTIONS = {
  'source-listen-port': { type: 'string', short: 's', multiple: true },
  'local-bind-address': { type: 'string', short: 'b' },
  'proxy-endpoint': { type: 'string', short: 'e' },
  'endpoint': { type: 'string' },
  'capath': { type: 'string', short: 'c' },
  'ca': { type: 'string' },
  'no-ssl-host-verify': { type: 'boolean', short: 'k' },
  'destination-client-type': { type: 'string', short: 'y' },
  'dead-after': { type: 'string' },
  'stdio': { type: 'string' },
} as const;

export const PROXY_USAGE = `The built-in proxy, with the letters of AWS's own:
  -s SERVICE=PORT        listen for a service; also SERVICE=ADDRESS:PORT, or PORT alone; commas or more -s for more
  -b ADDRESS             listen there (default: 127.0.0.1, which only this machine reaches)
  -e HOST[:PORT]         the tunnels' endpoint: VPC, FIPS, dual-stack (default: the region's; or AWSIOT_TUNNEL_ENDPOINT)
  -c PATH, --ca PATH     a PEM file, or a directory of them, to trust beside the system's authorities
  -k                     do not check who the endpoint is: for tests only
  -y V1|V2               the device's client is an older one: one connection at a time
  --stdio SERVICE        no port: standard input and output are the connection, for ssh's ProxyCommand
  --dead-after SECONDS   notice a connection that died in silence within so long (default: 12)
`;

type ProxyValues = {
  readonly [Name in keyof typeof PROXY_OPTIONS]?: (typeof PROXY_OPTIONS)[Name] extends { multiple: true } ? string[]
    : (typeof PROXY_OPTIONS)[Name]['type'] extends 'boolean' ? boolean : string;
};

/** What the built-in proxy is asked for, but for the connection that `--stdio` stands for. */
export interface ProxyArguments {
  readonly proxy: Omit<ProxyOptions, 'connection'>;
  /** The service whose connection standard input and output are. */
  readonly stdio?: string;
}

/**
 * @param command what stands behind `--`, if anything does
 * @throws UsageError which says what to do
 */
export function proxyArguments(values: ProxyValues, command: readonly string[]): ProxyArguments {
  const { 'source-listen-port': services = [], 'dead-after': deadAfter, 'destination-client-type': clientType, stdio } = values;
  if (command.length > 0) {
    const stray = (Object.keys(PROXY_OPTIONS) as (keyof ProxyValues)[]).find((name) => values[name] !== undefined);
    if (stray) throw new UsageError(`--${stray} is for the built-in proxy: give it to the command behind --, or leave the command out.`);
    return { proxy: {} };
  }
  const mappings = parseMappings(services);
  if (mappings.length === 0 && stdio === undefined) {
    throw new UsageError('There is no port to listen on. Use -s, for example -s SSH=5555, or put another local proxy behind --.');
  }
  if (mappings.length > 0 && stdio !== undefined) throw new UsageError('--stdio and -s exclude each other.');
  if (clientType !== undefined && !/^V[123]$/.test(clientType)) throw new UsageError('-y must be V1, V2 or V3.');
  if (deadAfter !== undefined && !(/^\d{1,4}$/.test(deadAfter) && Number(deadAfter) >= 3)) {
    throw new UsageError('--dead-after must be a number of seconds, 3 or more.');
  }
  return {
    stdio,
    proxy: {
      services,
      bindAddress: values['local-bind-address'],
      endpoint: values['proxy-endpoint'] ?? values.endpoint,
      ca: values.capath ?? values.ca,
      verify: !values['no-ssl-host-verify'],
      destinationClientType: clientType as ProxyOptions['destinationClientType'],
      deadAfter: deadAfter === undefined ? undefined : Number(deadAfter) * 1_000,
    },
  };
}
