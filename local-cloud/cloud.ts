import { AdminApi } from './admin/admin-api';
import { describeCall, type Calls } from './calls';
import { AdjustableClock, systemClock } from './clock';
import { readAssembly } from './deploy/assembly';
import { deployTemplate, type Deployment } from './deploy/template';
import type { BusEvent } from './eventbridge/service';
import type { Functions } from './functions/functions';
import { Metrics, type Logs } from './functions/logs';
import { HttpFront } from './http-front';
import type { Broker } from './iot/broker';
import { findLeaks } from './leaks';
import type { LocalCloudOptions } from './options';
import { REGION } from './service';
import { startServices, type Services } from './services';
import type { Queue } from './sqs/queue';
import { StateFile } from './state/state-file';
import { makeCertificates } from './tls/certificates';
import { traces } from './traces';
import type { Tunneling } from './tunneling/tunneling';
import { upstream } from './upstream';
import type { Forecast } from './weather/forecast';

export type { LocalCloudOptions } from './options';

/** A running local cloud: one account, one region. */
export interface LocalCloud {
  /** `http://127.0.0.1:<port>`: every service's endpoint, and the tunnels' data plane below `/tunnel`. */
  readonly endpoint: string;
  /** Environment for an SDK or the AWS command line, as a user who may do everything. */
  readonly env: Readonly<Record<string, string>>;
  /** Port of the MQTT broker on loopback. */
  readonly mqttPort: number;
  /** Certificate authority and where it lies, if TLS was asked for: the same port takes `https` and `wss`. */
  readonly tls?: { readonly ca: string; readonly caFile: string; readonly caDirectory: string };
  readonly calls: Calls;
  readonly logs: Logs;
  readonly metrics: Metrics;
  /** Everything that was put on an event bus, and what schedules sent. */
  readonly events: readonly { readonly bus: string; readonly event: BusEvent }[];
  readonly functions: Functions;
  readonly queues: ReadonlyMap<string, Queue>;
  readonly broker: Broker;
  readonly tunneling: Tunneling;
  /** What was deployed, by stack name. */
  readonly stacks: ReadonlyMap<string, Deployment>;
  /**
   * Deploys what `cdk synth` wrote.
   * @param stackName may be left out if the assembly holds one stack only
   * @throws DeploymentError for anything that is not known here
   */
  deploy(assemblyDirectory: string, stackName?: string): Promise<Deployment>;
  /** Fires a schedule rule now; without a name, all of them. */
  fireSchedule(ruleName?: string): void;
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

/** @throws StateError if the state file cannot be used; whatever the address to listen on is refused with */
export async function startLocalCloud(options: LocalCloudOptions = {}): Promise<LocalCloud> {
  const services = await startServices({ ...options, clock: options.clock ?? systemClock });
  try {
    return await openCloud(services, options);
  } catch (error) {
    await services.close();
    throw error;
  }
}

/** Puts services behind a port. */
async function openCloud(services: Services, options: LocalCloudOptions): Promise<LocalCloud> {
  const { port = 0, host = '127.0.0.1', log } = options;
  const { address, clock, calls, logs, weather, tunneling, eventbridge, mappings, broker, dispatcher, principals } = services;
  if (log) calls.onEnd((record) => log(describeCall(record)));

  const state = options.stateFile === undefined ? undefined : await StateFile.open(options.stateFile, services);
  const tls = options.tls ? await makeCertificates(host) : undefined;
  const stacks = new Map<string, Deployment>();
  const cloud: LocalCloud = {
    get endpoint() { return address.endpoint; },
    get env() { return environment(address.endpoint); },
    mqttPort: broker.port,
    tls, calls, logs, broker, tunneling, stacks,
    metrics: new Metrics(logs),
    events: eventbridge.events,
    queues: services.sqs.queues,
    functions: services.functions,
    async deploy(directory, stackName) {
      const deployment = await deployTemplate(readAssembly(directory, stackName), { ...services, names: state?.names });
      stacks.set(deployment.stackName, deployment);
      return deployment;
    },
    fireSchedule: (ruleName) => eventbridge.fireSchedule(ruleName),
    async advance(milliseconds) {
      if (!(clock instanceof AdjustableClock)) throw new TypeError('only a cloud that was started with an AdjustableClock can be put forward');
      // Functions first: none of them may see a clock that is behind what a service tells it.
      await services.setFunctionClocks(milliseconds);
      clock.advance(milliseconds);
    },
    async setWeather(forecast, seed) {
      weather.set(forecast, seed);
      await services.setFunctionClocks();
    },
    idle: () => services.activity.idle(() => [...mappings].some((mapping) => mapping.pending)),
    findLeaks: async (needle) => findLeaks(await traces(services), needle),
    async close() {
      await state?.close();
      await services.close();
      await front.close();
      await tls?.remove();
    },
  };

  const front = await HttpFront.listen({
    wires: services.wires, dispatcher, principals, clock, tls,
    fallbacks: [new AdminApi(cloud, weather).answer, ...(options.upstream === undefined ? [] : [upstream(options.upstream)])],
    upgrade: (request, socket, head) => tunneling.handleUpgrade(request, socket, head),
  }, host, port).catch(async (error) => {
    await tls?.remove();
    throw error;
  });
  address.endpoint = `http://${host.includes(':') ? `[${host}]` : host}:${front.port}`;
  return cloud;
}

const environment = (endpoint: string) => ({
  AWS_ENDPOINT_URL: endpoint, AWS_REGION: REGION, AWS_DEFAULT_REGION: REGION, AWS_ACCESS_KEY_ID: 'LOCALUSER', AWS_SECRET_ACCESS_KEY: 'local',
});
