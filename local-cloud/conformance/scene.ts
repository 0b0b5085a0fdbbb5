import {
  CloseTunnelCommand, DescribeTunnelCommand, type ClientMode, type DestinationConfig, type IoTSecureTunnelingClient, OpenTunnelCommand,
  type OpenTunnelRequest, RotateTunnelAccessTokenCommand, type RotateTunnelAccessTokenResponse, type Tunnel,
} from '@aws-sdk/client-iotsecuretunneling';
import type { TunnelingAdmin } from '../tunneling/admin';
import type { Behaviour } from '../tunneling/behaviour';
import type { SideName } from '../tunneling/vocabulary';
import { RawClient, upgrade, type UpgradeAnswer } from './raw-client';
import { until } from './waiting';

export interface OpenedTunnel {
  readonly tunnelId: string;
  readonly tunnelArn: string;
  readonly source: string;
  readonly destination: string;
}

export interface SceneProps {
  readonly client: IoTSecureTunnelingClient;
  /** The data plane, for example `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  /** Port on this machine of a TCP server that sends everything back. */
  readonly echoPort: number;
  /** How long a change may take to show, and how often to look; milliseconds. @default 5000 and 5 */
  readonly patience?: number;
  readonly pause?: number;
}

/** The service that a row speaks to: Secure Tunneling, here or in AWS. */
export class Scene {
  readonly client: IoTSecureTunnelingClient;
  readonly endpoint: string;
  readonly echoPort: number;

  constructor(private readonly props: SceneProps) {
    ({ client: this.client, endpoint: this.endpoint, echoPort: this.echoPort } = props);
  }

  async openTunnel(request: OpenTunnelRequest = { destinationConfig: { services: ['SSH'] } }): Promise<OpenedTunnel> {
    const { tunnelId, tunnelArn, sourceAccessToken, destinationAccessToken } = await this.client.send(new OpenTunnelCommand(request));
    return { tunnelId: tunnelId!, tunnelArn: tunnelArn!, source: sourceAccessToken!, destination: destinationAccessToken! };
  }

  async describe(tunnelId: string): Promise<Tunnel> {
    return (await this.client.send(new DescribeTunnelCommand({ tunnelId }))).tunnel!;
  }

  rotate(tunnelId: string, clientMode: ClientMode, destinationConfig?: DestinationConfig): Promise<RotateTunnelAccessTokenResponse> {
    return this.client.send(new RotateTunnelAccessTokenCommand({ tunnelId, clientMode, destinationConfig }));
  }

  async closeTunnel(tunnelId: string): Promise<void> {
    await this.client.send(new CloseTunnelCommand({ tunnelId }));
  }

  connect(side: SideName, token: string, version = '3.0', headers: object = {}): Promise<RawClient> {
    return RawClient.connect(this.endpoint, side, token, version, headers);
  }

  /** An upgrade request over a bare socket; what a row leaves out is as it should be. */
  upgrade(side: SideName, token: string, headers: readonly string[] = []): Promise<UpgradeAnswer> {
    return this.upgradeWith(`/tunnel?local-proxy-mode=${side}`, [`access-token: ${token}`, 'Sec-WebSocket-Protocol: aws.iot.securetunneling-3.0', ...headers]);
  }

  upgradeWith(path: string, headers: readonly string[]): Promise<UpgradeAnswer> {
    return upgrade(this.endpoint, path, headers);
  }

  async untilStatus(tunnelId: string, side: SideName, status: string): Promise<void> {
    const shows = async () => (await this.describe(tunnelId))[`${side}ConnectionState`]?.status === status;
    await until(shows, `the ${side} shows ${status}`, this.props.patience, this.props.pause);
  }
}

/** A service whose time and insides are in the row's hands, which AWS's never are. */
export interface LocalScene extends Scene {
  readonly clock: { now(): number; advance(milliseconds: number): void };
  readonly behaviour: Behaviour;
  readonly admin: TunnelingAdmin;
  /** What was published over MQTT. */
  readonly published: readonly { readonly topic: string; readonly payload: string }[];
}
