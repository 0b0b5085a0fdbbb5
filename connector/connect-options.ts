import type { ProxyOptions } from './proxy/options';
import type { Policy } from './session/pauses';
import type { Clock } from './session/ports';
import type { Successor } from './session/succession';
import type { Log } from './session/vocabulary';

/** Options of `connect`. */
export interface ConnectOptions {
  /** As OpenTunnel returned it. */
  readonly tunnelId: string;
  /** The rotator's `secretPrefix`; an output of the stack that holds it, `SecretPrefix` in the sample app. */
  readonly secretPrefix: string;
  /** What the built-in proxy is told, its ports first. */
  readonly proxy?: ProxyOptions;
  /**
   * Another local proxy and its arguments, to run instead of the built-in one. It finds its token in the environment variable
   * `AWSIOT_TUNNEL_ACCESS_TOKEN`. @default - the built-in proxy
   */
  readonly command?: readonly string[];
  /** Whether a cut connection may come back with the token that it had, by a client token. @default true */
  readonly clientToken?: boolean;
  /** @default - what the SDK finds: AWS_REGION, then the profile */
  readonly region?: string;
  /** Topic levels before the tunnel id, as `DisconnectSource.mqtt` was given them. @default 'tunnels' */
  readonly topicPrefix?: string;
  /** The source token that OpenTunnel returned. @default - what lies in the secret; if there is nothing, the rotator is asked */
  readonly firstToken?: string;
  /** To begin with, take the tunnel over even if somebody else is connected. @default false */
  readonly takeOver?: boolean;
  /** The command's environment, beside the token. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds between SIGTERM and SIGKILL. @default 5000 */
  readonly stopGrace?: number;
  /** How patient the session is, where it should differ. */
  readonly policy?: Partial<Policy>;
  /**
   * Opens the tunnel that follows. It is asked for shortly before the lifetime of the one that is served ends, and the session goes on with
   * that; the local ports stay as they are. @default - the session ends with its tunnel
   */
  readonly next?: () => Promise<Successor>;
  /** Time, for tests of long sessions. @default - the system's */
  readonly clock?: Clock;
  /** Takes news for a person; never a token. @default - nobody listens */
  readonly log?: Log;
  /** Where a note of the running processes lies, so that the next start finds what a SIGKILL left. @default - the user's runtime directory */
  readonly footprints?: string;
}
