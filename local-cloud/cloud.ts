import type { IncomingMessage } from 'node:http';
import { AdminApi } from './admin/admin-api';
import { EventFeed } from './admin/event-feed';
import { describeCall } from './calls';
import { AdjustableClock } from './clock';
import { createCommon, type Common } from './common';
import { readAssembly } from './deploy/assembly';
import type { Deployment } from './deploy/deployment';
import { DeploymentError } from './deploy/errors';
import { Stack } from './deploy/stack';
import { Metrics } from './functions/logs';
import { Gate } from './gate';
import { HttpFront } from './http-front';
import { accountOf } from './iam/principals';
import { isMqtt, MqttOverWebSocket } from './iot/mqtt-over-websocket';
import { findLeaks } from './leaks';
import type { LocalCloud } from './local-cloud';
import type { LocalCloudOptions } from './options';
import type { Place } from './place';
import { PAGE_PATH } from './page/contract';
import { isOfPage, Page } from './page/page';
import { Places } from './places';
import type { Services } from './services';
import { StateFile } from './state/state-file';
import { makeCertificates } from './tls/certificates';
import { traces } from './traces';
import { division, isComplete } from './upstream';

export type { LocalCloud } from './local-cloud';
export type { LocalCloudOptions } from './options';

/** @throws ProfileError, StateError if the profile or the state file cannot be used; whatever the address to listen on is refused with */
export async function startLocalCloud(options: LocalCloudOptions = {}): Promise<LocalCloud> {
  const common: Common = createCommon(options, () => places.all.flatMap(({ lambda }) => [...lambda.functions.values()]));
  const places = new Places(common);
  try {
    return await openCloud(common, places);
  } catch (error) {
    await places.close();
    throw error;
  }
}

/** Puts the places behind a port. */
async function openCloud(common: Common, places: Places): Promise<LocalCloud> {
  const { options, home, address, clock, calls, logs, weather, principals, functions } = common;
  const { port = 0, host = '127.0.0.1', log } = options;
  if (log) calls.onEnd((record) => log(describeCall(record)));

  const atHome = await places.at(home.account, home.region);
  const state = options.stateFile === undefined ? undefined : await StateFile.open(options.stateFile, places, common);
  const tls = options.tls ? await makeCertificates(host) : undefined;
  const stacks = new Map<string, Deployment>();
  const known = new Map<string, Stack>();
  const { tunneling, broker, eventbridge, sqs } = atHome;
  const setFunctionClocks = (willAdvance?: number) => Promise.all(places.all.map((services) => services.setFunctionClocks(willAdvance)));
  const cloud: LocalCloud = {
    get endpoint() { return address.endpoint; },
    get page() { return options.page ? `${address.endpoint}${PAGE_PATH}` : undefined; },
    get env() { return environment(address.endpoint, home, home); },
    mqttPort: broker.port,
    tls, calls, logs, broker, tunneling, stacks, functions,
    metrics: new Metrics(logs),
    events: eventbridge.events,
    queues: sqs.queues,
    roles: atHome.roles,
    get places() { return places.all; },
    async deploy(directory, stackName) {
      if (!isComplete(options)) throw new DeploymentError('a stack needs every service here; start the local cloud without --upstream and --services');
      const assembly = readAssembly(directory, stackName);
      const services = await places.at(assembly.account ?? home.account, assembly.region ?? home.region);
      const { account, region } = services.place;
      const key = `${account}/${region}/${assembly.stackName}`;
      const stack = known.get(key) ?? new Stack(assembly.stackName, { ...services, names: state?.names });
      known.set(key, stack);
      const deployed = await stack.deploy(assembly);
      const deployment = { ...deployed, account, region, mqttPort: services.broker.port, env: environment(address.endpoint, services.place, home) };
      const namesake = stacks.get(assembly.stackName);
      const elsewhere = namesake !== undefined && (namesake.account !== account || namesake.region !== region);
      stacks.set(elsewhere ? key : assembly.stackName, deployment);
      return deployment;
    },
    fireSchedule(name) {
      const fired = places.all.flatMap((services) => [...services.scheduler.fire(name), ...services.eventbridge.fireSchedule(name)]);
      if (fired.length === 0) throw new Error(`there is no schedule ${name === undefined ? '' : `'${name}'`}`.trim());
    },
    async advance(milliseconds) {
      if (!(clock instanceof AdjustableClock)) throw new TypeError('only a cloud that was started with an AdjustableClock can be put forward');
      // Functions first: none of them may see a clock that is behind what a service tells it.
      await setFunctionClocks(milliseconds);
      clock.advance(milliseconds);
    },
    async setWeather(forecast, seed) {
      weather.set(forecast, seed);
      await setFunctionClocks();
    },
    idle: () => common.activity.idle(() => places.all.some(({ mappings }) => [...mappings].some((mapping) => mapping.pending))),
    async traces() {
      return (await Promise.all(places.all.map(traces))).flat();
    },
    findLeaks: async (needle) => findLeaks(await cloud.traces(), needle),
    async close() {
      await state?.close();
      mqtt.close();
      await places.close();
      await front.close();
      await tls?.remove();
    },
  };

  const feed = feedOf(common, places);
  const admin = new AdminApi(cloud, weather, feed);
  const page = options.page ? new Page(cloud, weather, feed, clock) : undefined;
  const mqtt = new MqttOverWebSocket(async ({ accessKeyId, region }) =>
    (await places.at(accountOf(principals.whoIs(accessKeyId)) ?? home.account, region)).broker.handle);
  const front = await HttpFront.listen({
    home: atHome,
    at: (account, region) => places.at(account ?? home.account, region),
    principals, clock, tls,
    gate: new Gate([host, ...options.allowedHosts ?? []].map((name) => name.toLowerCase())),
    admin: async (request) => await page?.answer(request) ?? admin.answer(request),
    isOfPage: (path) => page !== undefined && isOfPage(path),
    elsewhere: division(options),
    isTunnel: (path) => !isMqtt(path),
    // A token tells its tunnel's place; whoever has none is refused at home.
    upgrade: (request: IncomingMessage, socket, head) => (isMqtt(request.url) ? mqtt
      : places.all.find((services) => services.tunneling.knowsTokenOf(request))?.tunneling ?? atHome.tunneling).handleUpgrade(request, socket, head),
  }, host, port).catch(async (error) => {
    await tls?.remove();
    throw error;
  });
  address.endpoint = `http://${host.includes(':') ? `[${host}]` : host}:${front.port}`;
  return cloud;
}

/** Tells whoever watches what happens, everywhere. */
function feedOf({ clock, calls, functions, logs }: Common, places: Places): EventFeed {
  const feed = new EventFeed(clock);
  calls.onEnd(feed.call);
  calls.intercept(feed.signal);
  functions.onEnd(feed.invocation);
  logs.onLine(feed.line);
  const listen = ({ tunneling }: Services): void => tunneling.onChange(({ tunnelId, side, status }) =>
    feed.publish({ type: status === 'CONNECTED' ? 'connected' : 'dropped', tunnelId, side }));
  places.all.forEach(listen);
  places.onStart(listen);
  return feed;
}

/** A user of another account than the one at home has its number for an access key. */
const environment = (endpoint: string, { account, region }: Place, home: Place) => ({
  AWS_ENDPOINT_URL: endpoint, AWS_REGION: region, AWS_DEFAULT_REGION: region,
  AWS_ACCESS_KEY_ID: account === home.account ? 'LOCALUSER' : account, AWS_SECRET_ACCESS_KEY: 'local',
});
