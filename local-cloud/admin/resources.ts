import type { LocalCloud } from '../local-cloud';
import { parseForecast, type Forecast } from '../weather/forecast';
import type { Weather } from '../weather/weather';
import { describeSwitches, setSwitches } from './switches';

export interface AdminRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One thing that can be looked at or done. */
export interface Resource {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** Below the admin API's own path; `<name>` stands for any one step. */
  readonly path: string;
  readonly summary: string;
  answer(request: AdminRequest): unknown;
}

/** A request that cannot be answered; the message says why. */
export class AdminError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

export function resourcesOf(cloud: LocalCloud, weather: Weather): readonly Resource[] {
  return [...weatherResources(cloud, weather), ...tunnelResources(cloud), ...views(cloud), ...commands(cloud)];
}

function weatherResources(cloud: LocalCloud, weather: Weather): readonly Resource[] {
  const path = 'weather';
  const current = () => ({ seed: weather.seed, ...weather.forecast });
  const set = (base?: Forecast) => async ({ body: { seed, ...forecast } }: AdminRequest) => {
    if (seed !== undefined && !Number.isSafeInteger(seed)) throw new AdminError(400, 'seed must be an integer');
    await cloud.setWeather(parseForecast(forecast, base), seed as number | undefined);
    return current();
  };
  return [
    { method: 'GET', path, summary: 'the weather', answer: current },
    { method: 'PUT', path, summary: 'all of the weather anew, fair where left out; "seed" begins the random numbers', answer: (request) => set()(request) },
    { method: 'PATCH', path, summary: 'parts of the weather', answer: (request) => set(weather.forecast)(request) },
  ];
}

function tunnelResources(cloud: LocalCloud): readonly Resource[] {
  const { behaviour } = cloud.tunneling;
  const admins = () => cloud.places.map(({ tunneling }) => tunneling.admin);
  return [
    { method: 'GET', path: 'tunneling', summary: 'how Secure Tunneling behaves where AWS leaves it open', answer: () => describeSwitches(behaviour) },
    {
      method: 'PATCH', path: 'tunneling', summary: 'other behaviour from now on',
      answer({ body }) {
        setSwitches(behaviour, body);
        return describeSwitches(behaviour);
      },
    },
    { method: 'GET', path: 'tunnels', summary: 'tunnels and their connections', answer: () => admins().flatMap((admin) => admin.tunnels()) },
    {
      method: 'POST', path: 'tunnels/<id>/<side>/cut', summary: 'cuts the connection of a side; {"silently": true}: the service does not notice',
      answer({ params: { id, side }, body: { silently = false } }) {
        if (side !== 'source' && side !== 'destination') throw new AdminError(404, `a tunnel has a source and a destination, no '${side}'`);
        const admin = admins().find((each) => each.tunnels().some(({ tunnelId }) => tunnelId === id)) ?? cloud.tunneling.admin;
        if (silently) admin.cutSilently(id, side);
        else admin.cut(id, side);
        return {};
      },
    },
  ];
}

function views({ calls, logs, functions, stacks }: LocalCloud): readonly Resource[] {
  return [
    {
      method: 'GET', path: 'calls', summary: 'API calls so far; ?service=, ?action=, ?caller= choose',
      answer({ query }) {
        const given = ['service', 'action', 'caller'].filter((key) => query.has(key));
        return calls.find(Object.fromEntries(given.map((key) => [key, query.get(key) ?? ''])));
      },
    },
    { method: 'GET', path: 'logs', summary: 'what functions wrote', answer: () => logs.lines },
    {
      method: 'GET', path: 'functions', summary: 'functions and their instances',
      answer: () => functions.names.map((name) => ({ name, running: functions.get(name).running.map(({ id, pid, busy }) => ({ id, pid, busy })) })),
    },
    {
      method: 'GET', path: 'stacks', summary: 'stacks, their outputs and resources',
      answer: () => [...stacks.values()].map(({ stackName, account, region, outputs, resources }) => ({ stackName, account, region, outputs, resources })),
    },
  ];
}

function commands(cloud: LocalCloud): readonly Resource[] {
  return [
    {
      method: 'POST', path: 'stacks', summary: 'deploys a cloud assembly: {"directory", "stackName"?}',
      async answer({ body: { directory, stackName } }) {
        if (typeof directory !== 'string') throw new AdminError(400, 'directory must be the path of a cloud assembly');
        const deployment = await cloud.deploy(directory, optionalText(stackName, 'stackName'));
        return { stackName: deployment.stackName, outputs: deployment.outputs, resources: deployment.resources };
      },
    },
    {
      method: 'POST', path: 'functions/<name>/kill', summary: 'kills all instances of a function',
      async answer({ params: { name } }) {
        await cloud.functions.get(name).kill();
        return {};
      },
    },
    {
      method: 'POST', path: 'schedules/fire', summary: 'fires schedules now: {"name"?}',
      answer({ body: { name } }) {
        cloud.fireSchedule(optionalText(name, 'name'));
        return {};
      },
    },
    {
      method: 'POST', path: 'clock/advance', summary: 'puts the clock forward: {"milliseconds"}',
      async answer({ body: { milliseconds } }) {
        if (typeof milliseconds !== 'number' || !(milliseconds >= 0)) throw new AdminError(400, 'milliseconds must be a number of 0 or more');
        await cloud.advance(milliseconds);
        return {};
      },
    },
  ];
}

function optionalText(value: unknown, name: string): string | undefined {
  if (value !== undefined && typeof value !== 'string') throw new AdminError(400, `${name} must be a string`);
  return value;
}
