import type { SideName } from '../../tunnel-protocol/side-name';

export type { SideName } from '../../tunnel-protocol/side-name';
export const SIDES: readonly SideName[] = ['source', 'destination'];

/** Versions of the data plane's protocol. */
export const VERSIONS = ['1.0', '2.0', '3.0'] as const;
export type Version = (typeof VERSIONS)[number];

export interface DestinationConfig {
  readonly thingName?: string;
  readonly services: readonly string[];
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** What OpenTunnel decides about a tunnel. Times are epoch milliseconds. */
export interface TunnelDetails {
  readonly tunnelId: string;
  readonly tunnelArn: string;
  readonly createdAt: number;
  /** Counts the account's tunnels: the order of creation, even within a millisecond. */
  readonly serial: number;
  readonly lifetimeMinutes: number;
  readonly description?: string;
  readonly destinationConfig?: DestinationConfig;
  readonly tags: readonly Tag[];
}
