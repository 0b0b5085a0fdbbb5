import { parseArgs } from 'node:util';
import { parseSwitch, SWITCH_NAMES } from '../admin/switches';
import type { LocalCloudOptions } from '../options';
import { isAccount, isRegion } from '../place';
import { SERVICES, type ServiceName } from '../service-name';
import type { Behaviour } from '../tunneling/behaviour';
import { FAIR, type Forecast } from '../weather/forecast';
import { UsageError } from './usage-error';
import { parseWeather } from './weather-flag';

export interface Arguments {
  readonly help: boolean;
  readonly version: boolean;
  readonly cloud: LocalCloudOptions;
  readonly forecast: Forecast;
  /** Cloud assemblies to deploy at start. */
  readonly deploy: readonly string[];
  /** The stacks to deploy of them. Empty: the only one of each. */
  readonly stacks: readonly string[];
  readonly log: boolean;
}

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** @throws UsageError */
export function parseArguments(argv: readonly string[]): Arguments {
  const { values } = parse(argv);
  const switches = collect(values.behave ?? [], parseSwitch);
  return {
    help: values.help ?? false,
    version: values.version ?? false,
    log: values.log ?? false,
    deploy: values.deploy ?? [],
    stacks: values.stack ?? [],
    forecast: (values.weather ?? []).reduce((forecast, flag) => usage(() => parseWeather(flag, forecast)), FAIR),
    cloud: {
      port: integer(values.port, '--port', 65_535) ?? 4566,
      mqttPort: integer(values['mqtt-port'], '--mqtt-port', 65_535) ?? 0,
      account: fitting(values.account, '--account', isAccount, 'twelve digits'),
      region: fitting(values.region, '--region', isRegion, 'like eu-west-1'),
      host: values.host ?? LOOPBACK[0],
      allowedHosts: values['allow-host'],
      tls: values.tls ?? false,
      page: values.page ?? false,
      stateFile: values.state,
      upstream: values.upstream === undefined ? undefined : url(values.upstream),
      services: values.services === undefined ? undefined : serviceNames(values.services),
      schedulePeriod: integer(values['schedule-period'], '--schedule-period'),
      secretDeletionLag: integer(values['secret-deletion-lag'], '--secret-deletion-lag'),
      missingSecrets: missingSecrets(values['missing-secrets']),
      seed: integer(values.seed, '--seed'),
      profile: values.profile,
      tunneling: switches,
    },
  };
}

export const isLoopback = (host: string) => LOOPBACK.includes(host);

const threeALine = (names: readonly string[]) =>
  names.flatMap((_, index) => (index % 3 === 0 ? [names.slice(index, index + 3).join(', ')] : []));

export const HELP = `Usage: tunnel-local-cloud [options]
       tunnel-local-cloud calibrate [options]   measures what AWS itself does; see calibrate --help

AWS IoT Secure Tunneling and the services around it, on this machine: Secrets Manager, SQS, EventBridge, IoT topic rules and
Publish, DynamoDB, Lambda. Point an SDK or the AWS command line at it with AWS_ENDPOINT_URL, and a local proxy with -e.

  --port PORT             port of all services (default 4566; 0 takes a free one)
  --mqtt-port PORT        port of the MQTT broker (default: a free one)
  --host ADDRESS          address to listen on (default 127.0.0.1). Whoever reaches it can do everything
  --allow-host NAME       take requests that come under this name too, such as a container's; may be repeated
  --tls                   take TLS on the same port as well; prints the certificate authority's file
  --deploy DIRECTORY      deploy a cloud assembly (cdk.out) at start; may be repeated
  --stack NAME            the stack to deploy where an assembly holds several; may be repeated
  --account NUMBER        account of whatever names no other (default 123456789012)
  --region NAME           region of whatever names no other (default eu-west-1)
  --schedule-period MS    fire schedules so often, instead of as their rate says
  --page                  serve a page that shows every tunnel as it lives, with buttons to cut it; its address is printed
  --state FILE            keep secrets, queues, tables, tunnels and names in this file over a restart; it holds secrets
  --upstream URL          hand services that are not served here to another emulator, for example http://127.0.0.1:4567
  --services NAMES        the services that are served here, with commas: of ${SERVICES.slice(0, 5).join(', ')},
                          ${SERVICES.slice(5).join(', ')} (default all; with --upstream iotsecuretunneling)
  --log                   print every API call and what functions write
  --version               print the version
  --help                  print this

What AWS does not document, or does on bad days (also while it runs, see GET /_local):
  --behave NAME=VALUE     ${threeALine(SWITCH_NAMES).join(',\n                          ')}
  --profile FILE          all of them as 'tunnel-local-cloud calibrate' measured them; --behave goes before it
  --missing-secrets WORD  a limited role that names a missing secret hears not-found (default) or access-denied
  --secret-deletion-lag MS  how long a forcibly deleted secret's name stays busy (default 0)
  --weather RULE          [SERVICE[.ACTION]:]NAME=VALUE[,NAME=VALUE...]; may be repeated. For calls: latency=50..200 (ms),
                          throttle=10/20 (a second, burst), errors=0.1, timeouts=0.1, resets=0.1 (chances), moment=after.
                          For everything: duplicates=0.1, reorder=true, functionClockSkew=2000 (ms)
  --seed NUMBER           makes the weather's random numbers come again (default 1)
`;

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const texts = { type: 'string', multiple: true } as const;
  return usage(() => parseArgs({
    args: [...argv],
    options: {
      'port': text, 'mqtt-port': text, 'host': text, 'account': text, 'region': text, 'allow-host': texts, 'tls': flag, 'page': flag, 'deploy': texts,
      'stack': texts, 'schedule-period': text, 'state': text, 'upstream': text, 'services': text, 'log': flag, 'help': flag, 'version': flag, 'behave': texts,
      'missing-secrets': text, 'secret-deletion-lag': text, 'weather': texts, 'seed': text, 'profile': text,
    },
  }));
}

function integer(value: string | undefined, name: string, highest = Number.MAX_SAFE_INTEGER): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^\d+$/.test(value) || number > highest) throw new UsageError(`${name} must be a whole number of 0 or more, not '${value}'`);
  return number;
}

function fitting(value: string | undefined, name: string, fits: (value: string) => boolean, form: string): string | undefined {
  if (value !== undefined && !fits(value)) throw new UsageError(`${name} must be ${form}, not '${value}'`);
  return value;
}

function url(value: string): string {
  if (!/^https?:\/\/[^/]/.test(value)) throw new UsageError(`--upstream must be like http://127.0.0.1:4567, not '${value}'`);
  return value;
}

function serviceNames(value: string): ServiceName[] {
  return value.split(',').map((given) => {
    const name = SERVICES.find((known) => known === given);
    if (!name) throw new UsageError(`--services has '${given}'; known are ${SERVICES.join(', ')}`);
    return name;
  });
}

function missingSecrets(value: string | undefined): LocalCloudOptions['missingSecrets'] {
  if (value !== undefined && value !== 'not-found' && value !== 'access-denied') {
    throw new UsageError(`--missing-secrets must be not-found or access-denied, not '${value}'`);
  }
  return value;
}

function collect(flags: readonly string[], read: (flag: string) => Partial<Behaviour>): Partial<Behaviour> {
  return Object.assign({}, ...flags.map((flag) => usage(() => read(flag)))) as Partial<Behaviour>;
}

function usage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
