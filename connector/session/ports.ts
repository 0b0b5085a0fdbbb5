import type { Confidential } from '../../lib/confidential';
import type { ChildEnd, Hold, Observation, TokenVersion } from './vocabulary';

/** AWS IoT Secure Tunneling. All that calls AWS throws `AwsCallError`, or an AbortError when it was aborted. */
export interface Tunnels {
  describe(tunnelId: string, abort: AbortSignal): Promise<Observation>;
}

/** The secrets that the rotator writes. */
export interface Secrets {
  /** The current version, or undefined if there is no secret. */
  current(tunnelId: string, abort: AbortSignal): Promise<TokenVersion | undefined>;
  /** What the rotator wrote beside it when it held back last. */
  hold(tunnelId: string, abort: AbortSignal): Promise<Hold | undefined>;
}

/** How the rotator is told. */
export interface Signals {
  /** The source dropped; `proof` lay beside the token that it used. */
  disconnected(tunnelId: string, proof: Confidential | undefined, abort: AbortSignal): Promise<void>;
  /** There is no token to begin with. */
  tokenRequest(tunnelId: string, abort: AbortSignal): Promise<void>;
}

/** Who calls AWS. */
export interface Identity {
  readonly account: string;
  readonly arn: string;
}

export interface Clock {
  now(): number;
  /** Resolves after so many milliseconds, or as soon as `abort` fires. Never rejects. */
  sleep(milliseconds: number, abort?: AbortSignal): Promise<void>;
}

/** The supervised command while it runs. */
export interface Child {
  readonly pid: number | undefined;
  /** After a loss it tries to come back for as long as nobody refuses it, and ends when somebody does: no fresh token would bring it further. */
  readonly tireless?: boolean;
  /** Resolves when the child is over and nothing is left of its process group. Never rejects. */
  readonly ended: Promise<ChildEnd>;
  /** Its last lines, redacted. */
  lastWords(): readonly string[];
  /** SIGTERM to the group, after the grace SIGKILL. */
  stop(): void;
  /** SIGKILL to the group at once. */
  kill(): void;
}

/** Starts the supervised command with a token in its environment. */
export type Launch = (token: Confidential, on: ChildEvents) => Child;

export interface ChildEvents {
  /** It is connected to the tunnel and listens: whoever dials gets through. Once more after it came back by itself. */
  readonly connected: () => void;
  /** It lost its connection and tries to have it back, with the same token. */
  readonly reconnecting: () => void;
  /** A line of its output, redacted. */
  readonly line: (line: string) => void;
}

/** Everything that a session touches. */
export interface Ports {
  readonly tunnels: Tunnels;
  readonly secrets: Secrets;
  readonly signals: Signals;
  /** The credentials cannot change while this process runs: nothing is gained by waiting for new ones. */
  readonly fixedCredentials: boolean;
  readonly launch: Launch;
  /** Where the child is going to listen, if it could not right now, for example `127.0.0.1:5555`. */
  readonly takenPort: () => Promise<string | undefined>;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}
