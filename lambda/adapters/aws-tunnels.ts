import {
  DescribeTunnelCommand, ListTunnelsCommand, RotateTunnelAccessTokenCommand, type ConnectionState, type IoTSecureTunnelingClient, type Tunnel,
} from '@aws-sdk/client-iotsecuretunneling';
import type { Page, Rotation, TunnelList, TunnelPages, Tunnels } from '../domain/ports';
import { Confidential } from '../../lib/confidential';
import type { Connection, DestinationConfig, Observation, Side } from '../domain/vocabulary';
import { DependencyError } from '../domain/errors';
import { awsCall, refusedWith } from './aws-call';
import { serviceTimeOf } from './service-time';

/** AWS's default when a tunnel carries no timeout of its own. */
const DEFAULT_LIFETIME_MINUTES = 720;

export class AwsTunnels implements Tunnels, TunnelList, TunnelPages {
  /** @param rotating the client for Rotate, whose requests must not be repeated unless they were throttled */
  constructor(private readonly client: IoTSecureTunnelingClient, private readonly rotating = client) {}

  async observe(tunnelId: string): Promise<Observation> {
    try {
      const command = new DescribeTunnelCommand({ tunnelId });
      const at = serviceTimeOf(command);
      const { tunnel } = await awsCall('IoTSecureTunneling.DescribeTunnel', () => this.client.send(command));
      return observationOf(tunnel, at());
    } catch (error) {
      if (refusedWith(error, 'ResourceNotFoundException')) return { kind: 'unknown' };
      throw error;
    }
  }

  async rotate(tunnelId: string, sides: readonly Side[], destination?: DestinationConfig): Promise<Rotation> {
    const command = new RotateTunnelAccessTokenCommand({
      tunnelId,
      clientMode: sides.length > 1 ? 'ALL' : sides[0] === 'source' ? 'SOURCE' : 'DESTINATION',
      destinationConfig: destination && { thingName: destination.thingName, services: [...destination.services] },
    });
    const at = serviceTimeOf(command);
    const { sourceAccessToken, destinationAccessToken } = await awsCall('IoTSecureTunneling.RotateTunnelAccessToken', () => this.rotating.send(command));
    return { tokens: { source: tokenOf(sourceAccessToken), destination: tokenOf(destinationAccessToken) }, fence: nextSecond(at()) };
  }

  async *openTunnelIds(thingName: string): AsyncIterable<string> {
    let page: Page<string> | undefined;
    do {
      page = await this.list({ thingName, nextToken: page?.next });
      yield* page.items;
    } while (page.next !== undefined);
  }

  openTunnels(from?: string): Promise<Page<string>> {
    return this.list({ nextToken: from });
  }

  /** The tunnels' model names no error for it, so any refusal that is about the request will do. */
  refusedPage(error: unknown): boolean {
    return error instanceof DependencyError && error.kind === 'refused';
  }

  private async list(which: { thingName?: string; nextToken?: string }): Promise<Page<string>> {
    const { tunnelSummaries = [], nextToken } = await awsCall('IoTSecureTunneling.ListTunnels',
      () => this.client.send(new ListTunnelsCommand({ ...which, maxResults: 100 })));
    return { items: tunnelSummaries.flatMap(({ tunnelId, status }) => (tunnelId && status === 'OPEN' ? [tunnelId] : [])), next: nextToken };
  }
}

/** The header tells whole seconds, and cuts off the rest. */
const nextSecond = (time: number): number => (Math.floor(time / 1000) + 1) * 1000;

function observationOf(tunnel: Tunnel | undefined, at: number): Observation {
  if (!tunnel) return { kind: 'unknown' };
  if (tunnel.status !== 'OPEN') return { kind: 'closed' };
  const createdAt = tunnel.createdAt?.getTime() ?? 0;
  const lifetime = tunnel.timeoutConfig?.maxLifetimeTimeoutMinutes ?? DEFAULT_LIFETIME_MINUTES;
  return {
    kind: 'open',
    at,
    createdAt,
    expiresAt: createdAt + lifetime * 60_000,
    source: connectionOf(tunnel.sourceConnectionState),
    destination: connectionOf(tunnel.destinationConnectionState),
    services: tunnel.destinationConfig?.services ?? [],
    thingName: tunnel.destinationConfig?.thingName,
    tags: Object.fromEntries((tunnel.tags ?? []).map(({ key, value }) => [key, value ?? ''])),
  };
}

const tokenOf = (value: string | undefined) => (value ? new Confidential(value) : undefined);

function connectionOf(state: ConnectionState | undefined): Connection {
  return { status: state?.status === 'CONNECTED' ? 'CONNECTED' : 'DISCONNECTED', lastUpdatedAt: state?.lastUpdatedAt?.getTime() };
}
