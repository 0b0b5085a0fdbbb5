import type { Clock } from './clock';
import type { ServiceName } from './service-name';
import type { Behaviour } from './tunneling/behaviour';

export interface LocalCloudOptions {
  /** @default 0, a free port */
  readonly port?: number;
  /** Address to listen on. Whoever reaches it can do everything. @default '127.0.0.1' */
  readonly host?: string;
  /** Names under which it may be addressed, beside addresses, localhost and `host`. @default none */
  readonly allowedHosts?: readonly string[];
  /** Account of whatever names no other. @default '123456789012' */
  readonly account?: string;
  /** Region of whatever names no other. @default 'eu-west-1' */
  readonly region?: string;
  /** Port of the MQTT broker. @default 0, a free port */
  readonly mqttPort?: number;
  /** Take TLS on the same port as well, with a certificate that is made at start. @default false */
  readonly tls?: boolean;
  /** Serve a page on the same port, below `/_local/page`, that shows the tunnels and lets people cut them. @default false */
  readonly page?: boolean;
  /** An `AdjustableClock` can be put forward with `advance`. @default the system's clock */
  readonly clock?: Clock;
  /**
   * Milliseconds between two firings of every schedule, in place of the rate in the template: a demo need not wait
   * a minute for the sweep. @default the template's rate
   */
  readonly schedulePeriod?: number;
  /** Milliseconds until a forcibly deleted secret's name is free again. @default 0 */
  readonly secretDeletionLag?: number;
  /**
   * How a role that is limited to some secrets is answered when it names one that isn't there: AWS's documentation leaves
   * open whether the missing secret or the missing permission is noticed first. @default 'not-found'
   */
  readonly missingSecrets?: 'not-found' | 'access-denied';
  /** File that `calibrate` wrote: Secure Tunneling does as was measured of AWS. @default what seems most likely */
  readonly profile?: string;
  /** What Secure Tunneling does where AWS's documentation leaves it open. @default as the profile says, or what seems most likely */
  readonly tunneling?: Partial<Behaviour>;
  /** Begins the weather's random numbers. @default 1 */
  readonly seed?: number;
  /** Where the services live that are not served here, for example in a LocalStack. @default they are refused */
  readonly upstream?: string;
  /**
   * The services that are served here; all calls of one go one way. Stacks need all of them.
   * @default all, or with an upstream `iotsecuretunneling` alone
   */
  readonly services?: readonly ServiceName[];
  /** File that keeps secrets, queues, tables, tunnels and names over a restart. @default everything is in memory only */
  readonly stateFile?: string;
  /** Gets a line for what went wrong without anybody asking, such as a state file that cannot be saved. @default nobody */
  readonly warn?: (line: string) => void;
  /** Gets a line for every API call and every line that a function writes. @default nobody */
  readonly log?: (line: string) => void;
}
