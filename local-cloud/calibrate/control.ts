import { randomUUID } from 'node:crypto';
import {
  CloseTunnelCommand, DescribeTunnelCommand, type IoTSecureTunnelingClient, ListTunnelsCommand, OpenTunnelCommand,
  paginateListTunnels, RotateTunnelAccessTokenCommand,
} from '@aws-sdk/client-iotsecuretunneling';
import { type Control, InterruptedError, type LabClock, type Probe } from './lab';
import type { Lease } from './lease';
import { isThrottling, patiently } from './patience';

/** By this tag everybody sees where a tunnel comes from. */
export const TAG = { key: 'opened-by', value: 'tunnel-local-cloud calibrate' };

/** Longer than any run; should the process be killed, AWS closes what it left open. */
const LIFETIME_MINUTES = 120;

export interface AwsControl extends Control {
  /** Closes every tunnel that is still open, also after an interruption. @returns the errors of those that stayed open */
  closeAll(): Promise<readonly unknown[]>;
}

export interface ControlProps {
  /** Must not repeat calls by itself: an OpenTunnel that is repeated is paid twice. */
  readonly client: IoTSecureTunnelingClient;
  readonly lease: Lease;
  readonly clock: LabClock;
  readonly interrupted: AbortSignal;
  /** Of every tunnel, so that it is found again. @default - one that no other run has */
  readonly description?: string;
}

/** No two runs have the same. */
export const newDescription = (): string => `${TAG.value} ${randomUUID()}`;

/** The control API by the real SDK. */
export function awsControl({ client, lease, clock, interrupted, description = newDescription() }: ControlProps): AwsControl {
  const once = { clock, interrupted };
  const often = { ...once, repeatable: true };
  const close = async (tunnelId: string) => {
    await client.send(new CloseTunnelCommand({ tunnelId }));
    lease.closed(tunnelId);
  };
  const probes: Record<Probe, (tunnelId: string) => Promise<unknown>> = {
    DescribeTunnel: (tunnelId) => client.send(new DescribeTunnelCommand({ tunnelId })),
    ListTunnels: () => client.send(new ListTunnelsCommand({ maxResults: 1 })),
    RotateTunnelAccessToken: (tunnelId) => client.send(new RotateTunnelAccessTokenCommand({ tunnelId, clientMode: 'SOURCE' })),
    CloseTunnel: (tunnelId) => client.send(new CloseTunnelCommand({ tunnelId })),
    OpenTunnel: () => client.send(new OpenTunnelCommand({ description: '' })),
  };
  return {
    async open(request) {
      return patiently(once, () => lease.take(async () => {
        const command = new OpenTunnelCommand({ ...request, description, tags: [TAG], timeoutConfig: { maxLifetimeTimeoutMinutes: LIFETIME_MINUTES } });
        const { tunnelId, tunnelArn, sourceAccessToken, destinationAccessToken } = await client.send(command);
        return { tunnelId: tunnelId!, tunnelArn: tunnelArn!, source: sourceAccessToken!, destination: destinationAccessToken! };
      }, isRefusal));
    },
    async describe(tunnelId) {
      return (await patiently(often, () => client.send(new DescribeTunnelCommand({ tunnelId })))).tunnel!;
    },
    async rotate(tunnelId, clientMode, destinationConfig) {
      const answer = await patiently(once, () =>
        client.send(new RotateTunnelAccessTokenCommand({ tunnelId, clientMode, destinationConfig })));
      return { source: answer.sourceAccessToken, destination: answer.destinationAccessToken };
    },
    async close(tunnelId) {
      await patiently(often, () => close(tunnelId));
    },
    async probe(action, closedTunnelId) {
      if (interrupted.aborted) throw new InterruptedError();
      return probes[action](closedTunnelId).then(() => 'taken', (error: unknown) => (isThrottling(error) ? 'throttled' : 'taken'));
    },
    closeAll: () => lease.closeAll({
      close,
      async leftovers() {
        const ids: string[] = [];
        for await (const { tunnelSummaries = [] } of paginateListTunnels({ client }, {})) {
          const ours = tunnelSummaries.filter((summary) => summary.description === description && summary.status === 'OPEN');
          ids.push(...ours.map(({ tunnelId }) => tunnelId!));
        }
        return ids;
      },
    }),
  };
}

/** 4xx: the service says that it did nothing. */
export function isRefusal(error: unknown): boolean {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500;
}
