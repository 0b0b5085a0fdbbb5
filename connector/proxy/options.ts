import type { Duplex } from 'node:stream';
import { Confidential } from '../../lib/confidential';
import { UsageError } from '../session/failures';
import type { Clock } from '../session/ports';
import type { BuiltInProxyProps } from './built-in-proxy';
import { parseMappings } from './mapping';
import { dataPlane, routeTo } from './route';
import { trust } from './trust';

/** What the built-in proxy is told. Everything has the meaning that it has for AWS's own local proxy in source mode. */
export interface ProxyOptions {
  /**
   * Local ports by service: `SSH=5555`, `HTTP=127.0.0.1:8080`, or a port alone where the tunnel has one service or none; 0 is any free port.
   * @default - none
   */
  readonly services?: readonly string[];
  /** The address to listen on. @default '127.0.0.1', which nobody but this machine reaches */
  readonly bindAddress?: string;
  /**
   * The data plane, as `host`, `host:port` or a URL: a VPC, FIPS or dual-stack endpoint.
   * @default - AWSIOT_TUNNEL_ENDPOINT, then AWS_ENDPOINT_URL, then the region's
   */
  readonly endpoint?: string;
  /** Certificate authorities to trust beside the system's: a PEM file, or a directory of them. @default - none */
  readonly ca?: string;
  /** Whether the service must show a certificate of its name. @default true */
  readonly verify?: boolean;
  /** What the device's client is, if it is an older one that carries one connection at a time. @default 'V3' */
  readonly destinationClientType?: 'V1' | 'V2' | 'V3';
  /** Milliseconds from a connection's silent death to its discovery. @default 12000 */
  readonly deadAfter?: number;
  /** How many local connections may wait while the tunnel is away. @default 64 */
  readonly waitingConnections?: number;
  /** How long each may wait, in milliseconds. @default 60000 */
  readonly waitingTime?: number;
  /** One more connection, which goes to a service without a port of its own. @default - none */
  readonly connection?: { readonly service: string; readonly stream: Duplex };
}

/** AWS's name for it. https://docs.aws.amazon.com/iot/latest/developerguide/secure-tunneling-concepts.html */
export const CLIENT_TOKEN_VARIABLE = 'AWSIOT_TUNNEL_CLIENT_TOKEN';
const CLIENT_TOKEN = /^[a-zA-Z0-9-]{32,128}$/;
const SHORTEST_DEATH = 3_000;

/**
 * The client token to use: the one that the environment names, a random one for each access token, or none.
 *
 * @throws UsageError if the environment's is none that AWS takes
 */
export function clientTokenOf(env: NodeJS.ProcessEnv, wanted: boolean): BuiltInProxyProps['clientToken'] {
  if (!wanted) return undefined;
  const own = env[CLIENT_TOKEN_VARIABLE];
  if (!own) return 'random';
  if (!CLIENT_TOKEN.test(own)) throw new UsageError(`${CLIENT_TOKEN_VARIABLE} must be 32 to 128 letters, digits or hyphens.`);
  return new Confidential(own);
}

/** @throws UsageError which says what is wrong */
export function builtInProps(
  options: ProxyOptions, clientToken: BuiltInProxyProps['clientToken'],
  { region, env, clock, random }: { readonly region: string; readonly env: NodeJS.ProcessEnv; readonly clock: Clock; readonly random: () => number },
): BuiltInProxyProps {
  const { bindAddress = '127.0.0.1', deadAfter = 12_000, waitingConnections = 64, waitingTime = 60_000, destinationClientType = 'V3' } = options;
  const endpoint = dataPlane(options.endpoint, region, env);
  if (!(deadAfter >= SHORTEST_DEATH)) throw new UsageError('A silent connection is given three seconds at least.');
  return {
    mappings: parseMappings(options.services ?? []), bindAddress, endpoint, clientToken, deadAfter, clock, random,
    verify: options.verify ?? true,
    route: () => routeTo(endpoint),
    secureContext: endpoint.startsWith('https:') ? trust(options.ca, env) : undefined,
    protocol: `${Number(destinationClientType.slice(1)) as 1 | 2 | 3}.0`,
    patience: 10_000,
    retry: { first: 250, factor: 2, longest: 10_000 },
    waiting: { seats: waitingConnections, patience: waitingTime },
  };
}
