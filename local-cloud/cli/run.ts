import { version } from '../package.json';
import type { calibrate } from '../calibrate/command';
import { AdjustableClock } from '../clock';
import { startLocalCloud, type LocalCloud } from '../cloud';
import { stackNames } from '../deploy/assembly';
import { DeploymentError } from '../deploy/errors';
import { HELP, isLoopback, parseArguments, type Arguments } from './arguments';
import type { Console } from './console';
import { UsageError } from './usage-error';

/** Loaded only when it is wanted: nobody else needs the SDK's clients. `import()` would want the name of the compiled file. */
function loadCalibrate(): typeof calibrate {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return (require('../calibrate/command') as { calibrate: typeof calibrate }).calibrate;
}

/** @returns the exit code: 0, 1 if it could not start, 2 if the command line is wrong */
export async function run(argv: readonly string[], console: Console): Promise<number> {
  if (argv[0] === 'calibrate') return loadCalibrate()(argv.slice(1), console);
  let options: Arguments;
  try {
    options = parseArguments(argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.err(`${error.message}\nTry --help.`);
    return 2;
  }
  if (options.help || options.version) {
    console.out(options.help ? HELP : version);
    return 0;
  }
  return start(options, console);
}

async function start(options: Arguments, console: Console): Promise<number> {
  let cloud: LocalCloud | undefined;
  try {
    cloud = await startLocalCloud({ ...options.cloud, clock: new AdjustableClock(), warn: console.err, log: options.log ? console.out : undefined });
    await cloud.setWeather(options.forecast);
    const deployed = await Promise.race([deploy(cloud, options).then(() => true), console.interrupted.then(() => false)]);
    if (!deployed) return 0;
    for (const line of greeting(cloud, options)) console.out(line);
    await console.interrupted;
    return 0;
  } catch (error) {
    console.err(reason(error, options));
    return 1;
  } finally {
    await cloud?.close();
  }
}

/** The stacks that were asked for, wherever they are; without a word, the only one of each assembly. */
async function deploy(cloud: LocalCloud, { deploy: directories, stacks }: Arguments): Promise<void> {
  const unknown = stacks.find((name) => !directories.some((directory) => stackNames(directory).includes(name)));
  if (unknown) throw new DeploymentError(`there is no stack '${unknown}'; there are ${directories.flatMap(stackNames).join(', ') || 'none'}`);
  for (const directory of directories) {
    const wanted = stackNames(directory).filter((name) => stacks.includes(name));
    for (const name of stacks.length > 0 ? wanted : [undefined]) await cloud.deploy(directory, name);
  }
}

function greeting({ endpoint, env, mqttPort, tls, stacks, page }: LocalCloud, { cloud: { host = '' } }: Arguments): string[] {
  const authority = endpoint.replace('http://', '');
  return [
    `The local cloud is ready at ${endpoint}`,
    `  tunnels   ws://${authority}/tunnel`,
    ...(tls ? [`  with TLS  https://${authority} and wss://${authority}/tunnel, certificate authority ${tls.caFile}`] : []),
    `  MQTT      mqtt://${host}:${mqttPort}`,
    `  switches  ${endpoint}/_local`,
    ...(page ? [`  page      ${page}`] : []),
    ...(isLoopback(host) ? [] : ['  It is not on loopback: whoever reaches it can do everything, and run code by deploying it.']),
    ...[...stacks.values()].flatMap(({ stackName, account, region, env: own, mqttPort: ownMqtt, outputs, notes }) =>
      [
        `Deployed ${stackName} to ${account} in ${region}`,
        ...reach(own, env, ownMqtt, host),
        ...notes.map((note) => `  note: ${note}`),
        ...Object.entries(outputs).map(([name, value]) => `  ${name} = ${value}`),
      ]),
    '',
    ...Object.entries(env).map(([name, value]) => `export ${name}=${value}`),
    ...(tls ? ['', `localproxy -e ${authority} -c ${tls.caDirectory} ...`] : []),
    '',
    'Ctrl-C ends it.',
  ];
}

/** How a stack is reached that is somewhere else than the rest. */
function reach(own: LocalCloud['env'], usual: LocalCloud['env'], mqttPort: number, host: string): string[] {
  const differing = Object.keys(own).filter((name) => own[name] !== usual[name]).map((name) => `${name}=${own[name]}`);
  return differing.length === 0 ? [] : [`  reach it with ${differing.join(' ')}, MQTT mqtt://${host}:${mqttPort}`];
}

function reason(error: unknown, { cloud: { mqttPort, host } }: Arguments): string {
  const { code, message, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `port ${port} is taken; choose another one with ${port === mqttPort ? '--mqtt-port' : '--port'}`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `'${host}' is no address of this machine`;
  return message;
}
