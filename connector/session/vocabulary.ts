import type { Confidential } from '../../lib/confidential';
import type { Ending } from './endings';

/** The words of the connector, as types. Times are epoch milliseconds, durations milliseconds. */

/** One version of a tunnel's source token. */
export interface TokenVersion {
  readonly token: Confidential;
  /** The random value that lies beside the token: who names it proves that this very token is spent. A token fresh from OpenTunnel has none. */
  readonly proof?: Confidential;
  /** How many rotations led here. */
  readonly generation?: number;
}

/** The source side of a tunnel, in service time. */
export interface SourceSide {
  readonly status: 'CONNECTED' | 'DISCONNECTED';
  readonly lastUpdatedAt?: number;
}

/** Why the rotator made no token when it was asked last. */
export interface Hold {
  /** One of its own words, for example `flapping`. */
  readonly reason: string;
  readonly at: number;
  /** When it looks again. */
  readonly until?: number;
}

/** What DescribeTunnel said. */
export type Observation =
  | {
    readonly kind: 'open';
    readonly source: SourceSide;
    readonly expiresAt: number;
    /** Is the device connected? */
    readonly destination?: SourceSide['status'];
    /** What the tunnel was opened for; empty if for nothing in particular. */
    readonly services: readonly string[];
  }
  | { readonly kind: 'closed' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'unknown' };

/** What the child's output gave away about its connection. */
export interface Clues {
  /** It was connected to the tunnel at some time. */
  readonly connected: boolean;
  /** How the service refused it, last. `busy`: not now (HTTP 429). */
  readonly refused?: 'previously-used' | 'busy' | 'otherwise';
  /** The service said goodbye with a close frame. */
  readonly goodbye: boolean;
  /** Its network broke, and it knows that the token is spent with that. */
  readonly cut?: boolean;
  /** It could not listen where it was told to, up to its end. */
  readonly portTaken: boolean;
}

/** How a child ended. */
export interface ChildEnd extends Clues {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why there never was a process, for example `ENOENT`. */
  readonly notStarted?: string;
  /** From start to end. */
  readonly lived: number;
}

interface Common {
  readonly tunnelId: string;
  /** When this state began. */
  readonly at: number;
  /** Connections lost so far. */
  readonly drops: number;
  /** From the first sign of the last drop that was recovered to the connection that followed. */
  readonly lastRecovery?: number;
  /** When the tunnel ends at the latest. */
  readonly expiresAt?: number;
}

/** What the connector is doing. Holds no token and no proof. */
export type State = Common & (
  /** The child was started with a token, and has not connected yet. */
  | { readonly state: 'starting'; readonly generation?: number; readonly pid?: number }
  /** The session stands. */
  | { readonly state: 'connected'; readonly generation?: number; readonly pid?: number }
  /** The connection shows a sign of being lost, since then; the child tries to have it back, or has not noticed. */
  | { readonly state: 'reconnecting'; readonly since: number }
  /** AWS cannot be reached, since then. */
  | { readonly state: 'offline'; readonly since: number }
  /** The child ended; DescribeTunnel is asked why. */
  | { readonly state: 'checking' }
  /** A fresh token is awaited since then, and was asked for so many times. */
  | { readonly state: 'waiting'; readonly asked: number; readonly since: number }
  /** The rotator was asked so many times, and said why there is no token yet; it looks again at `until`, as far as it told. */
  | { readonly state: 'held'; readonly reason: string; readonly asked: number; readonly since: number; readonly until?: number }
  /** The child failed, so many times in a row; it is started again at `until`. */
  | { readonly state: 'pausing'; readonly failures: number; readonly until: number }
  | { readonly state: 'ended'; readonly ending: Ending }
);

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
/** Takes one line of news for a person. Never gets a token. */
export type Log = (level: LogLevel, message: string) => void;
