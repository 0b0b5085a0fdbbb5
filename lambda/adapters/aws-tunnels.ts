import {
  DescribeTunnelCommand, RotateTunnelAccessTokenCommand, type ConnectionState, type IoTSecureTunnelingClient, type Tunnel,
  paginateListTunnels,
} from '@aws-sdk/client-iotsecuretunneling';
import { DependencyError } from '../domain/errors';
import type { TunnelList, Tunnels } from '../domain/ports';
import { SourceToken } from '../domain/source-token';
import type { Connection, Observation } from '../domain/vocabulary';
import { awsCall, refusedWith } from './aws-call';

/** AWS's default when a tunnel carries no timeout of its own. */
const DEFAULT_LIFETIME_MINUTES = 720;

export class AwsTunnels implements Tunnels, TunnelList {
  constructor(private readonly client: IoTSecureTunnelingClient) {}

  async observe(tunnelId: string): Promise<Observation> {
    try {
      const { tunnel } = await awsCall('IoTSecureTunneling.DescribeTunnel',
        () => this.client.send(new DescribeTunnelCommand({ tunnelId })));
      return observationOf(tunnel);
    } catch (error) {
      if (refusedWith(error, 'ResourceNotFoundException')) return { kind: 'unknown' };
      throw error;
    }
  }

  async rotate(tunnelId: string): Promise<SourceToken> {
    const call = 'IoTSecureTunneling.RotateTunnelAccessToken';
    const { sourceAccessToken } = await awsCall(call,
      () => this.client.send(new RotateTunnelAccessTokenCommand({ tunnelId, clientMode: 'SOURCE' })));
    if (!sourceAccessToken) throw new DependencyError(call, 'refused', 'NoTokenInAnswer', false);
    return new SourceToken(sourceAccessToken);
  }

  async *openTunnelIds(): AsyncIterable<string> {
    const pages = paginateListTunnels({ client: this.client, pageSize: 100 }, {});
    for (;;) {
      const page = await awsCall('IoTSecureTunneling.ListTunnels', () => pages.next());
      if (page.done) return;
      for (const { tunnelId, status } of page.value.tunnelSummaries ?? []) {
        if (tunnelId && status === 'OPEN') yield tunnelId;
      }
    }
  }
}

function observationOf(tunnel: Tunnel | undefined): Observation {
  if (!tunnel) return { kind: 'unknown' };
  if (tunnel.status !== 'OPEN') return { kind: 'closed' };
  const createdAt = tunnel.createdAt?.getTime() ?? 0;
  const lifetime = tunnel.timeoutConfig?.maxLifetimeTimeoutMinutes ?? DEFAULT_LIFETIME_MINUTES;
  return {
    kind: 'open',
    createdAt,
    expiresAt: createdAt + lifetime * 60_000,
    source: connectionOf(tunnel.sourceConnectionState),
    services: tunnel.destinationConfig?.services ?? [],
    thingName: tunnel.destinationConfig?.thingName,
  };
}

function connectionOf(state: ConnectionState | undefined): Connection {
  return { status: state?.status === 'CONNECTED' ? 'CONNECTED' : 'DISCONNECTED', lastUpdatedAt: state?.lastUpdatedAt?.getTime() };
}
