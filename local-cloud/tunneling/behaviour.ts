import type { Refusal } from './refusals';

/**
 * What AWS does not document, as switches. The object may be changed while the service runs; the next event obeys.
 * Durations are milliseconds.
 */
export interface Behaviour {
  /** RotateTunnelAccessToken moves `lastUpdatedAt` of a side even if its status stays the same. @default false */
  rotateMovesLastUpdatedAt: boolean;
  /** RotateTunnelAccessToken ends a connection that was made with the old token. @default true */
  rotateKicksConnected: boolean;
  /** How long a kicked side goes on showing CONNECTED. @default 0 */
  kickShowsDisconnectedAfterMs: number;
  /** How long a side goes on showing CONNECTED after its client said goodbye with a close frame. @default 0 */
  cleanDropDelayMs: number;
  /** The same after its TCP connection was reset. @default 0 */
  resetDropDelayMs: number;
  /** The same after its client vanished without a word. @default 60000 */
  silentDropDelayMs: number;
  /** `lastUpdatedAt` of a side that never connected: left out, the tunnel's `createdAt`, or 1.5 s later. @default 'createdAt' */
  neverConnectedLastUpdatedAt: 'missing' | 'createdAt' | 'later';
  /** What timestamps are rounded down to where they are shown. @default 1 */
  timestampResolutionMs: number;
  /** RotateTunnelAccessToken for a side that never connected: works, is refused for both sides, or for one of them. @default 'works' */
  rotateBeforeFirstConnect: 'works' | 'refused' | 'source-refused' | 'destination-refused';
  /** The error that RotateTunnelAccessToken answers for a closed tunnel. @default 'ResourceNotFoundException' */
  rotateClosedTunnelError: string;
  /** Rotating the destination without a `destinationConfig` still publishes the token to the tunnel's own thing. @default true */
  rotateWithoutConfigPublishes: boolean;
  /** How IAM sees the client mode of RotateTunnelAccessToken in the condition key `iot:ClientMode`. @default 'upper' */
  clientModeSpelling: 'upper' | 'lower';
  /** A client that comes back with its access token and its client token. @default 'works' */
  clientTokenReuse: 'works' | 'refused';
  /** Sentences of refused handshakes that differ from the usual ones. @default {} */
  refusals: Readonly<Partial<Record<Refusal, string>>>;
  /** CloudTrail tells of calls but hides tokens, shows them too, or tells nothing. @default 'hidden' */
  cloudTrail: 'hidden' | 'shown' | 'absent';
  /** Share of DescribeTunnel calls that are answered from an older state: 0 to 1. @default 0 */
  staleDescribeShare: number;
  /** How old that state is. @default 1000 */
  staleDescribeLagMs: number;
  /** Calls that each action takes a second, before it answers ThrottlingException: AWS publishes none. @default Infinity */
  describeQuotaPerSecond: number;
  listQuotaPerSecond: number;
  openQuotaPerSecond: number;
  closeQuotaPerSecond: number;
  rotateQuotaPerSecond: number;
  /**
   * Bytes a second that a tunnel carries, both directions together; who sends more is held back. AWS's documents say
   * 800 kB/s in one place and 800 kbit/s in another. @default 800000
   */
  bandwidthBytesPerSecond: number;
  /** OpenTunnel answers LimitExceededException beyond this many open tunnels. @default Infinity */
  maxOpenTunnels: number;
  /** OpenTunnel answers LimitExceededException beyond this many services. @default 3, AWS's quota as of December 2024 */
  maxServicesPerTunnel: number;
}

/** What seems most likely for AWS. */
export const LIKELY_BEHAVIOUR: Readonly<Behaviour> = {
  rotateMovesLastUpdatedAt: false,
  rotateKicksConnected: true,
  kickShowsDisconnectedAfterMs: 0,
  cleanDropDelayMs: 0,
  resetDropDelayMs: 0,
  silentDropDelayMs: 60_000,
  neverConnectedLastUpdatedAt: 'createdAt',
  timestampResolutionMs: 1,
  rotateBeforeFirstConnect: 'works',
  rotateClosedTunnelError: 'ResourceNotFoundException',
  rotateWithoutConfigPublishes: true,
  clientModeSpelling: 'upper',
  clientTokenReuse: 'works',
  refusals: {},
  cloudTrail: 'hidden',
  staleDescribeShare: 0,
  staleDescribeLagMs: 1_000,
  describeQuotaPerSecond: Infinity,
  listQuotaPerSecond: Infinity,
  openQuotaPerSecond: Infinity,
  closeQuotaPerSecond: Infinity,
  rotateQuotaPerSecond: Infinity,
  bandwidthBytesPerSecond: 800_000,
  maxOpenTunnels: Infinity,
  maxServicesPerTunnel: 3,
};
