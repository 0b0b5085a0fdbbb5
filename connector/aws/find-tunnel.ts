import { DescribeTunnelCommand, type ListTunnelsCommandOutput, ListTunnelsCommand, type Tunnel } from '@aws-sdk/client-iotsecuretunneling';
import { arnsOf, awsCall, isAbsence } from './aws-call';
import type { Clients } from './clients';

/** An open tunnel, as a person looks for one. Times are epoch milliseconds by this machine's clock. */
export interface OpenTunnel {
  readonly tunnelId: string;
  readonly thing?: string;
  readonly services: readonly string[];
  readonly source: Status;
  readonly destination: Status;
  readonly expiresAt: number;
}

type Status = 'CONNECTED' | 'DISCONNECTED';

export interface Wanted {
  /** All of these. */
  readonly services: readonly string[];
  /** Milliseconds of lifetime, at least. */
  readonly left: number;
}

/** Calls at a time; AWS publishes no quota for DescribeTunnel, and the rotator needs its share. */
const AT_A_TIME = 4;

/**
 * Every open tunnel, or those to one thing.
 *
 * @throws AwsCallError
 */
export async function openTunnels(clients: Clients, region: string, thingName?: string): Promise<OpenTunnel[]> {
  const ids: string[] = [];
  let nextToken: string | undefined;
  do {
    const page: ListTunnelsCommandOutput = await awsCall({ action: 'iot:ListTunnels', resource: '*' },
      () => clients.current.tunneling.send(new ListTunnelsCommand({ thingName, nextToken, maxResults: 100 })));
    ids.push(...(page.tunnelSummaries ?? []).filter(({ status }) => status === 'OPEN').map(({ tunnelId }) => tunnelId!));
    ({ nextToken } = page);
  } while (nextToken);
  const found: (OpenTunnel | undefined)[] = [];
  for (let start = 0; start < ids.length; start += AT_A_TIME) {
    found.push(...await Promise.all(ids.slice(start, start + AT_A_TIME).map((id) => describe(clients, region, id))));
  }
  return found.filter((tunnel) => tunnel !== undefined);
}

/** The best of them: one whose source is free, then the one that lasts longest. One that is in use is better than none. */
export function choose(tunnels: readonly OpenTunnel[], { services, left }: Wanted, now: number): OpenTunnel | undefined {
  const free = ({ source }: OpenTunnel) => Number(source === 'DISCONNECTED');
  return tunnels
    .filter((tunnel) => tunnel.expiresAt - now >= left && services.every((service) => tunnel.services.includes(service)))
    .sort((a, b) => free(b) - free(a) || b.expiresAt - a.expiresAt)[0];
}

/** Undefined if it ended meanwhile. */
async function describe(clients: Clients, region: string, tunnelId: string): Promise<OpenTunnel | undefined> {
  try {
    const { tunnel } = await awsCall({ action: 'iot:DescribeTunnel', resource: arnsOf(region).tunnel(tunnelId) },
      () => clients.current.tunneling.send(new DescribeTunnelCommand({ tunnelId })));
    return tunnel?.status === 'OPEN' ? facts(tunnelId, tunnel, clients.serviceClock.ahead) : undefined;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

function facts(tunnelId: string, { destinationConfig, createdAt, timeoutConfig, ...tunnel }: Tunnel, ahead: number): OpenTunnel {
  const status = (side: { status?: string } | undefined): Status => (side?.status === 'CONNECTED' ? 'CONNECTED' : 'DISCONNECTED');
  return {
    tunnelId,
    thing: destinationConfig?.thingName,
    services: destinationConfig?.services ?? [],
    source: status(tunnel.sourceConnectionState),
    destination: status(tunnel.destinationConnectionState),
    expiresAt: endOf({ createdAt, timeoutConfig }) - ahead,
  };
}

const LONGEST_LIFETIME = 720;

/** When the tunnel ends at the latest, by the service's clock. */
export function endOf({ createdAt, timeoutConfig }: Pick<Tunnel, 'createdAt' | 'timeoutConfig'>): number {
  return (createdAt?.getTime() ?? 0) + (timeoutConfig?.maxLifetimeTimeoutMinutes ?? LONGEST_LIFETIME) * 60_000;
}
