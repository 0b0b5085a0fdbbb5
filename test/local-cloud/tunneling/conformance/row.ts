import {
  CloseTunnelCommand, DescribeTunnelCommand, type ClientMode, type DestinationConfig, OpenTunnelCommand, type OpenTunnelRequest,
  RotateTunnelAccessTokenCommand, type RotateTunnelAccessTokenResponse, type Tunnel,
} from '@aws-sdk/client-iotsecuretunneling';
import type { SideName } from '../../../../local-cloud/tunneling/vocabulary';
import { RawClient, upgrade, type UpgradeAnswer } from '../raw-client';
import { ManualClock, openStage, type Stage, until } from '../stage';

/** One documented rule of AWS IoT Secure Tunneling, and how the emulation is held to it. */
export interface Row {
  readonly id: string;
  readonly rule: string;
  /** The document that states the rule. */
  readonly source: string;
  readonly checkedBy: 'AWS SDK' | 'raw socket' | 'WebSocket client' | 'local proxies';
  /** Fails if the rule does not hold. */
  readonly check: (scene: Scene) => Promise<void>;
}

export const API = 'https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_';
export const GUIDE = 'https://docs.aws.amazon.com/iot/latest/developerguide/';
export const PROTOCOL = (version: 1 | 2 | 3): string =>
  `https://github.com/aws-samples/aws-iot-securetunneling-localproxy/blob/main/V${version}WebSocketProtocolGuide.md`;

export interface OpenedTunnel {
  readonly tunnelId: string;
  readonly tunnelArn: string;
  readonly source: string;
  readonly destination: string;
}

/** A fresh service for one row, its time in the test's hands. */
export class Scene {
  private constructor(readonly stage: Stage, readonly clock: ManualClock) {}

  static async open(): Promise<Scene> {
    const clock = new ManualClock();
    return new Scene(await openStage({ clock }), clock);
  }

  async openTunnel(request: OpenTunnelRequest = { destinationConfig: { services: ['SSH'] } }): Promise<OpenedTunnel> {
    const { tunnelId, tunnelArn, sourceAccessToken, destinationAccessToken } = await this.stage.client.send(new OpenTunnelCommand(request));
    return { tunnelId: tunnelId!, tunnelArn: tunnelArn!, source: sourceAccessToken!, destination: destinationAccessToken! };
  }

  async describe(tunnelId: string): Promise<Tunnel> {
    return (await this.stage.client.send(new DescribeTunnelCommand({ tunnelId }))).tunnel!;
  }

  rotate(tunnelId: string, clientMode: ClientMode, destinationConfig?: DestinationConfig): Promise<RotateTunnelAccessTokenResponse> {
    return this.stage.client.send(new RotateTunnelAccessTokenCommand({ tunnelId, clientMode, destinationConfig }));
  }

  async closeTunnel(tunnelId: string): Promise<void> {
    await this.stage.client.send(new CloseTunnelCommand({ tunnelId }));
  }

  connect(side: SideName, token: string, version = '3.0', headers: object = {}): Promise<RawClient> {
    return RawClient.connect(this.stage.port, side, token, version, headers);
  }

  /** An upgrade request over a bare socket; what a test leaves out is as it should be. */
  upgrade(side: SideName, token: string, headers: readonly string[] = []): Promise<UpgradeAnswer> {
    return this.upgradeWith(`/tunnel?local-proxy-mode=${side}`, [`access-token: ${token}`, 'Sec-WebSocket-Protocol: aws.iot.securetunneling-3.0', ...headers]);
  }

  upgradeWith(path: string, headers: readonly string[]): Promise<UpgradeAnswer> {
    return upgrade(this.stage.port, path, headers);
  }

  async untilStatus(tunnelId: string, side: SideName, status: string): Promise<void> {
    await until(() => this.stage.tunneling.admin.tunnel(tunnelId)[side].status === status, `the ${side} shows ${status}`);
  }
}

/** The error that a call ends with, by name and HTTP status; `undefined` if it succeeds. */
export async function failure(call: Promise<unknown>): Promise<{ name: string; status: number | undefined } | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    return { name, status: $metadata?.httpStatusCode };
  }
}

export const INVALID = { name: 'ValidationException', status: 400 };
export const NOT_FOUND = { name: 'ResourceNotFoundException', status: 400 };
