import { AdminApi } from './admin/admin-api';
import { describeCall } from './calls';
import { AdjustableClock, systemClock } from './clock';
import { readAssembly } from './deploy/assembly';
import type { Deployment } from './deploy/deployment';
import { Stack } from './deploy/stack';
import { Metrics } from './functions/logs';
import { HttpFront } from './http-front';
import { findLeaks } from './leaks';
import type { LocalCloud } from './local-cloud';
import type { LocalCloudOptions } from './options';
import { REGION } from './service';
import { startServices, type Services } from './services';
import { StateFile } from './state/state-file';
import { makeCertificates } from './tls/certificates';
import { traces } from './traces';
import { upstream } from './upstream';

export type { LocalCloud } from './local-cloud';
export type { LocalCloudOptions } from './options';

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
  const known = new Map<string, Stack>();
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
      const assembly = readAssembly(directory, stackName);
      const stack = known.get(assembly.stackName) ?? new Stack(assembly.stackName, { ...services, names: state?.names });
      known.set(assembly.stackName, stack);
      const deployment = await stack.deploy(assembly);
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
