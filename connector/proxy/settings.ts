import { UsageError } from '../session/failures';
import type { Clock } from '../session/ports';
import type { BuiltInProxyProps } from './built-in-proxy';
import type { ClientTokens } from './client-tokens';
import { parseMappings } from './mapping';
import type { ProxyOptions } from './options';
import { dataPlane, routeTo } from './route';
import { trust } from './trust';

/** AWS's name for it. https://docs.aws.amazon.com/iot/latest/developerguide/secure-tunneling-concepts.html */
export const CLIENT_TOKEN_VARIABLE = 'AWSIOT_TUNNEL_CLIENT_TOKEN';
const CLIENT_TOKEN = /^[a-zA-Z0-9-]{32,128}$/;
const SHORTEST_DEATH = 3_000;

/**
 * The client tokens to use: the one that the environment names, our own, or none.
 *
 * @throws UsageError if the environment's is none that AWS takes
 */
export function clientTokenOf(env: NodeJS.ProcessEnv, ours: ClientTokens | undefined): ClientTokens | undefined {
  const own = env[CLIENT_TOKEN_VARIABLE];
  if (!ours || !own) return ours;
  if (!CLIENT_TOKEN.test(own)) throw new UsageError(`${CLIENT_TOKEN_VARIABLE} must be 32 to 128 letters, digits or hyphens.`);
  return () => own;
}

/** @throws UsageError which says what is wrong */
export function builtInProps(
  options: ProxyOptions, clientToken: ClientTokens | undefined,
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
