/** What the page and the local cloud say to each other. Names, counts and times: never a token, a proof or a message's body. */

/** Everything of the page lies below this path. */
export const PAGE_PATH = '/_local/page';
/** Header in which the page's buttons show that they are the page's: what stands in the document that only the page itself can read. */
export const KEY_HEADER = 'x-page-key';

/** The page's buttons. Those of the second line are about one tunnel. */
export const ACTS = [
  'hundred', 'kill', 'throttle',
  'cut', 'silence', 'flap', 'take-secret',
] as const;
export type Act = typeof ACTS[number];

export interface TunnelRow {
  readonly tunnelId: string;
  readonly thingName?: string;
  readonly open: boolean;
  /** Its source was connected at some time. */
  readonly used: boolean;
  /** When the source's connection began, if it has one. */
  readonly since?: number;
  /** What DescribeTunnel says of the source: after a silent drop that is not what is so. */
  readonly shown: 'CONNECTED' | 'DISCONNECTED';
}

export interface QueueRow {
  readonly name: string;
  readonly visible: number;
  readonly delayed: number;
  readonly inFlight: number;
}

/** Milliseconds; undefined where nothing was measured yet. */
export interface Spread {
  readonly median?: number;
  readonly p99?: number;
}

export interface Numbers {
  /** Drops of a source, and how many of them were followed by a connection. */
  readonly drops: number;
  readonly recovered: number;
  readonly rotations: number;
  /** Connections that were well until a rotation ended them. */
  readonly disturbed: number;
  /** From a drop to the token in the vault, and to the next connection. */
  readonly toVault: Spread;
  readonly toConnection: Spread;
}

/** How things are now. */
export interface Snapshot {
  readonly now: number;
  readonly tunnels: readonly TunnelRow[];
  readonly queues: readonly QueueRow[];
  readonly numbers: Numbers;
  readonly throttled: boolean;
  /** The next rotator that rotates is going to be killed. */
  readonly killing: boolean;
}

/** What tables hold under a tunnel's id. */
export interface LedgerRow {
  readonly table: string;
  readonly item: Readonly<Record<string, unknown>>;
}

/** What lies in the cloud for one tunnel. */
export interface TunnelDetail {
  readonly tunnelId: string;
  readonly ledger: readonly LedgerRow[];
  /** Name of its secret and how many versions it has. */
  readonly secret?: { readonly name: string; readonly versions: number };
}
