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
  /** How long a side goes on showing CONNECTED after its client vanished without a word. @default 60000 */
  silentDropDelayMs: number;
  /** Every lost connection is silent, a TCP reset too; a proper WebSocket close is still noticed at once. @default false */
  dropsAreSilent: boolean;
  /** `lastUpdatedAt` of a side that never connected: left out, the tunnel's `createdAt`, or 1.5 s later. @default 'createdAt' */
  neverConnectedLastUpdatedAt: 'missing' | 'createdAt' | 'later';
  /** RotateTunnelAccessToken for a side that never connected. @default 'works' */
  rotateBeforeFirstConnect: 'works' | 'refused';
  /** Rotating the destination without a `destinationConfig` still publishes the token to the tunnel's own thing. @default true */
  rotateWithoutConfigPublishes: boolean;
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
  silentDropDelayMs: 60_000,
  dropsAreSilent: false,
  neverConnectedLastUpdatedAt: 'createdAt',
  rotateBeforeFirstConnect: 'works',
  rotateWithoutConfigPublishes: true,
  maxOpenTunnels: Infinity,
  maxServicesPerTunnel: 3,
};
