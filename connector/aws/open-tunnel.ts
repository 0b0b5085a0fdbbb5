import {
  CloseTunnelCommand, IoTSecureTunnelingClient, OpenTunnelCommand, type OpenTunnelCommandInput,
} from '@aws-sdk/client-iotsecuretunneling';
import { CLIENT_SETTINGS, freshCredentials } from './clients';
import { arnsOf, awsCall } from './aws-call';
import { Confidential } from '../../lib/confidential';
import { UsageError } from '../session/failures';

/** Everything that OpenTunnel takes. https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_OpenTunnel.html */
export interface TunnelRequest {
  /** The device; it gets its own token over MQTT then. */
  readonly thing?: string;
  /** What the tunnel is for, for example `SSH`. */
  readonly services: readonly string[];
  /** Minutes, 1 to 720. @default 720 */
  readonly lifetime?: number;
  readonly description?: string;
  /** At most 200. */
  readonly tags: Readonly<Record<string, string>>;
}

export interface OpenedTunnel {
  readonly tunnelId: string;
  readonly sourceToken: Confidential;
  /** Nobody but us has it, unless a thing was named. */
  readonly destinationToken: Confidential;
}

/** @throws UsageError for what AWS would refuse, and says why */
export function openTunnelInput({ thing, services, lifetime, description, tags }: TunnelRequest): OpenTunnelCommandInput {
  if (thing && services.length === 0) throw new UsageError('--thing needs --services: what on the device the tunnel is for, for example --services SSH.');
  if (lifetime !== undefined && !(Number.isInteger(lifetime) && lifetime >= 1 && lifetime <= 720)) {
    throw new UsageError('--lifetime must be whole minutes from 1 to 720.');
  }
  if (description !== undefined && !/^[^\p{C}]{1,2048}$/u.test(description)) {
    throw new UsageError('--description must be 1 to 2048 printable characters.');
  }
  const pairs = Object.entries(tags);
  if (pairs.length > 200) throw new UsageError('--tag may be given at most 200 times.');
  return {
    description,
    ...(services.length > 0 && { destinationConfig: { thingName: thing, services: [...services] } }),
    ...(lifetime !== undefined && { timeoutConfig: { maxLifetimeTimeoutMinutes: lifetime } }),
    ...(pairs.length > 0 && { tags: pairs.map(([key, value]) => ({ key, value })) }),
  };
}

/** @throws AwsCallError, UsageError */
export async function openTunnel(request: TunnelRequest, region: string): Promise<OpenedTunnel> {
  const input = openTunnelInput(request);
  const { tunnelId, sourceAccessToken, destinationAccessToken } = await withClient(region, (client) =>
    awsCall({ action: 'iot:OpenTunnel', resource: arnsOf(region).tunnel('*') }, () => client.send(new OpenTunnelCommand(input))));
  return { tunnelId: tunnelId!, sourceToken: new Confidential(sourceAccessToken!), destinationToken: new Confidential(destinationAccessToken!) };
}

/** @throws AwsCallError */
export async function closeTunnel(tunnelId: string, region: string): Promise<void> {
  await withClient(region, (client) =>
    awsCall({ action: 'iot:CloseTunnel', resource: arnsOf(region).tunnel(tunnelId) }, () => client.send(new CloseTunnelCommand({ tunnelId }))));
}

async function withClient<T>(region: string, run: (client: IoTSecureTunnelingClient) => Promise<T>): Promise<T> {
  // OpenTunnel is not idempotent: a second try after a lost answer would open a second tunnel.
  const client = new IoTSecureTunnelingClient({ ...CLIENT_SETTINGS, maxAttempts: 1, region, credentials: freshCredentials() });
  try {
    return await run(client);
  } finally {
    client.destroy();
  }
}
