import type { ClientMode, DestinationConfig, OpenTunnelRequest, Tunnel } from '@aws-sdk/client-iotsecuretunneling';
import type { Message } from '../../tunnel-protocol/frames';
import type { SideName } from '../../tunnel-protocol/side-name';
import type { UpgradeAnswer } from '../conformance/raw-client';

/** Time as the measurement sees it. */
export interface LabClock {
  /** Epoch milliseconds. */
  now(): number;
  /** @throws InterruptedError if somebody wants the measurement to end */
  wait(milliseconds: number): Promise<void>;
}

/** Somebody pressed Ctrl-C. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor() {
    super('The measurement was interrupted');
  }
}

export interface Opened {
  readonly tunnelId: string;
  readonly tunnelArn: string;
  readonly source: string;
  readonly destination: string;
}

/** The control API. Every call may end with the SDK's error, or with InterruptedError. */
export interface Control {
  /** @throws TooManyTunnelsError instead of opening more than was announced */
  open(request: Omit<OpenTunnelRequest, 'tags' | 'description' | 'timeoutConfig'>): Promise<Opened>;
  describe(tunnelId: string): Promise<Tunnel>;
  rotate(tunnelId: string, mode: ClientMode, config?: DestinationConfig): Promise<Partial<Record<SideName, string>>>;
  close(tunnelId: string): Promise<void>;
  /**
   * One call that changes nothing, sent once: of a tunnel that is closed already, or (OpenTunnel) with an input that is refused.
   * Was it throttled?
   */
  probe(action: Probe, closedTunnelId: string): Promise<'taken' | 'throttled'>;
}

/** An API action whose rate can be measured without opening a tunnel. */
export type Probe = 'DescribeTunnel' | 'ListTunnels' | 'RotateTunnelAccessToken' | 'CloseTunnel' | 'OpenTunnel';

/** One client's connection to a tunnel. */
export interface Connected {
  readonly side: SideName;
  readonly tunnelId: string;
  /** TCP port on this machine. */
  readonly localPort: number | undefined;
  /** Asks the service for a sign of life; false once the connection is over, or nothing comes. */
  alive(): Promise<boolean>;
  send(message: Partial<Message>): void;
  /** Ends with a TCP reset. */
  reset(): Promise<void>;
  /** Ends with a close frame. */
  leave(): Promise<void>;
}

export interface ConnectOptions {
  readonly clientToken?: string;
}

/** Messages that the service published for a thing. */
export interface Inbox {
  /** How many came so far; nothing of them is kept. */
  readonly count: number;
  close(): Promise<void>;
}

/** All that a question may use. What is left out is not possible here, and its questions say so. */
export interface Lab {
  readonly clock: LabClock;
  readonly control: Control;
  /** @throws UpgradeRefusedError, LinkFailedError */
  connect(tunnelId: string, side: SideName, token: string, options?: ConnectOptions): Promise<Connected>;
  /** An upgrade request, header lines exactly as given. */
  upgrade(path: string, headers: readonly string[]): Promise<UpgradeAnswer>;
  /** CloudTrail's events of this name since then (epoch milliseconds), newest first. */
  history(eventName: string, since: number): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Makes the network of a connection vanish without a word to the service. */
  readonly silence?: (connection: Connected) => Promise<void>;
  /** A thing that exists, and how to hear what the service publishes for it. */
  readonly thing?: { readonly name: string; listen(): Promise<Inbox> };
  /** The control API as somebody whom this IAM policy document limits. */
  readonly limitedBy?: (policy: object) => Promise<Pick<Control, 'rotate'>>;
}
