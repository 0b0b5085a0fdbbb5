import type { Deployment } from './deploy/deployment';
import type { Forecast } from './weather/forecast';

/** A running local cloud. */
export interface RunningCloud {
  /** `http://127.0.0.1:<port>`: every service's endpoint, and the tunnels' data plane below `/tunnel`. */
  readonly endpoint: string;
  /**
   * Environment for an SDK or the AWS command line, as a user who may do everything. Another `AWS_REGION` is another region, and
   * an `AWS_ACCESS_KEY_ID` of twelve digits is a user of that account.
   */
  readonly env: Readonly<Record<string, string>>;
  /** Port of the MQTT broker on loopback. */
  readonly mqttPort: number;
  /** Certificate authority and where it lies, if TLS was asked for: the same port takes `https` and `wss`. */
  readonly tls?: { readonly ca: string; readonly caFile: string; readonly caDirectory: string };
  /** Where the page is, if it was asked for. */
  readonly page?: string;
  /** What was deployed, by stack name; a name that is there already gets its account and region before it. */
  readonly stacks: ReadonlyMap<string, Deployment>;
  /**
   * Deploys what `cdk synth` wrote, to the account and region that the stack names (its `env`), or else to the cloud's own. A stack that is
   * there already is updated, and what fails is rolled back.
   * @param stackName may be left out if the assembly holds one stack only
   * @throws DeploymentError for anything that is not known here
   */
  deploy(assemblyDirectory: string, stackName?: string): Promise<Deployment>;
  /** Fires a schedule now, of EventBridge Scheduler or a rule's; without a name, all of them. */
  fireSchedule(name?: string): void;
  /** Puts the clock forward, for the services and for running functions alike. @throws TypeError without an AdjustableClock */
  advance(milliseconds: number): Promise<void>;
  /** How things are from now on: latency, throttling, failures, duplicates, clock skew. The seed begins the random numbers anew. */
  setWeather(forecast: Forecast, seed?: number): Promise<void>;
  /**
   * Resolves when every delivery and invocation is over and no queue that feeds a function holds a visible message. What is
   * delayed, or hidden until it is tried again, waits for the clock.
   */
  idle(): Promise<void>;
  /**
   * Where this text was ever written down outside of secrets: logs, calls, queues, tables, events, MQTT (but for the topic on which
   * AWS itself sends the destination's token), environments.
   */
  findLeaks(needle: string): Promise<string[]>;
  /** Ends every function, connection and timer, and writes the state file if there is one. */
  close(): Promise<void>;
}
