import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../session/failures';
import { PROXY_OPTIONS, PROXY_USAGE, type ProxyArguments, proxyArguments } from './proxy-arguments';
import { TUNNEL_OPTIONS, TUNNEL_USAGE, type WhichTunnel, whichTunnel } from './tunnel-arguments';
import { portsOf } from '../proxy/command-ports';
import { parseMappings } from '../proxy/mapping';
import type { LogLevel } from '../session/vocabulary';

/** What the command line asks for. */
export interface Arguments extends ProxyArguments {
  readonly tunnel: WhichTunnel;
  readonly prefix: string;
  readonly region?: string;
  readonly topicPrefix?: string;
  readonly takeOver: boolean;
  /** What becomes of a tunnel that we opened. `ask`: whoever sits at the terminal. */
  readonly afterwards: 'ask' | 'close' | 'keep';
  readonly json: boolean;
  readonly logLevel: LogLevel;
  /** Milliseconds. */
  readonly grace: number;
  /** Whether a cut connection may come back with the token that it had. */
  readonly clientToken: boolean;
  /** Empty: the built-in proxy. */
  readonly command: readonly string[];
}

export const USAGE = `Keeps the source side of an AWS IoT secure tunnel connected, drop after drop.

  tunnel-source --tunnel-id ID --prefix PREFIX -s SSH=5555 [-s HTTP=127.0.0.1:8080] [options]
  tunnel-source --thing NAME --prefix PREFIX -s SSH=5555 [--open-tunnel [--reopen]] [options]
  tunnel-source --tunnel-id ID --prefix PREFIX [options] -- localproxy -r REGION -s SSH=5555
  tunnel-source list [--thing NAME]          the open tunnels (list --help)
  tunnel-source doctor [options]             what stands in the way of a session, and what mends it (doctor --help)

A command behind -- takes the place of the built-in proxy. It gets its token in the environment variable AWSIOT_TUNNEL_ACCESS_TOKEN.

${TUNNEL_USAGE}
${PROXY_USAGE}
The session:
  --prefix PREFIX        the rotator's secret prefix, an output of its stack (or TUNNEL_SECRET_PREFIX)
  --topic-prefix PREFIX  topic levels before the tunnel id (default: tunnels)
  -r, --region REGION    default: what the AWS SDK finds
  --take-over            send away whoever is connected
  --no-client-token      a cut spends the token: don't come back with it
  --grace SECONDS        between SIGTERM and SIGKILL for the command (default: 5)
  --json                 one JSON object per state on standard output
  --log-level LEVEL      error, warn, info (default) or debug, which shows what the proxy says
  -V, --version          print the version
  -h, --help             print this

Examples:
  export TUNNEL_SECRET_PREFIX=tunnel-tokens/Tunnels-Rotator AWS_REGION=eu-west-1
  tunnel-source --thing pump-7 -s SSH=5555                             the thing's open tunnel; then: ssh -p 5555 localhost
  tunnel-source --thing pump-7 --open-tunnel --reopen -s SSH=5555      opens one if there is none, and the next one in time
  ssh -o ProxyCommand='tunnel-source --thing %n --stdio SSH' pump-7    no port at all
  tunnel-source doctor --thing pump-7 -s SSH=5555

Exit codes: 0 stopped as you asked, 2 wrong command line, 10 tunnel closed, 11 expired, 12 unknown, 13 in use by somebody else, 14 served on this
machine already, 15 permission missing, 16 credentials, 17 local proxy keeps failing, 18 command not started, 19 refused by AWS, 20 AWS out of
reach, 21 AWS busy, 22 local port taken, 23 no such service, 24 no such tunnel to find, 25 doctor found something, 130 killed.
`;

/** Every option of a session. */
export const OPTIONS = {
  'help': { type: 'boolean', short: 'h' },
  'version': { type: 'boolean', short: 'V' },
  'prefix': { type: 'string' },
  'topic-prefix': { type: 'string' },
  'region': { type: 'string', short: 'r' },
  'take-over': { type: 'boolean' },
  'grace': { type: 'string' },
  'json': { type: 'boolean' },
  'no-client-token': { type: 'boolean' },
  'log-level': { type: 'string' },
  ...TUNNEL_OPTIONS,
  ...PROXY_OPTIONS,
} as const;

const LEVELS: readonly string[] = ['error', 'warn', 'info', 'debug'] satisfies LogLevel[];

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

/** Asked for nothing but to be told something. */
export type Question = 'help' | 'version';

/**
 * @throws UsageError which says what to do
 */
export function parseArguments(argv: readonly string[], env: NodeJS.ProcessEnv): Arguments | Question {
  const { values, command } = splitArguments(argv);
  if (values.help) return 'help';
  if (values.version) return 'version';

  const prefix = values.prefix ?? env.TUNNEL_SECRET_PREFIX;
  const { 'log-level': logLevel = values.stdio === undefined ? 'info' : 'warn', grace = '5' } = values;
  const tunnel = whichTunnel(values, offered(values, command));
  if (!prefix) {
    throw new UsageError("There is no secret prefix. Use --prefix or TUNNEL_SECRET_PREFIX; it is the rotator's `secretPrefix`, "
      + 'and the sample stack has it as its output SecretPrefix.');
  }
  if (!LEVELS.includes(logLevel)) throw new UsageError(`--log-level must be one of ${LEVELS.join(', ')}.`);
  if (!/^\d{1,4}(\.\d{1,3})?$/.test(grace)) throw new UsageError('--grace must be a number of seconds.');
  checkCommand(command);
  const proxy = proxyArguments(values, command);
  if (proxy.stdio !== undefined && values.json) throw new UsageError('--json and --stdio exclude each other: both want standard output.');
  return {
    ...proxy, tunnel, prefix, command,
    region: values.region,
    topicPrefix: values['topic-prefix'],
    takeOver: values['take-over'] ?? false,
    afterwards: values.close ? 'close' : values.keep ? 'keep' : 'ask',
    json: values.json ?? false,
    clientToken: !values['no-client-token'],
    logLevel: logLevel as LogLevel,
    grace: Number(grace) * 1_000,
  };
}

/** The options as they stand there, and what stands behind `--`. */
export function splitArguments(argv: readonly string[]): { readonly values: Values; readonly command: readonly string[] } {
  const split = argv.indexOf('--');
  return { values: parse(split < 0 ? argv : argv.slice(0, split)), command: split < 0 ? [] : argv.slice(split + 1) };
}

function parse(args: readonly string[]): Values {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** The services that the proxy is to offer, as far as they have names. */
export function offered({ 'source-listen-port': ports = [], stdio }: Values, command: readonly string[]): string[] {
  const names = command.length > 0 ? portsOf(command).services : [...parseMappings(ports).map(({ service }) => service), stdio ?? ''];
  return names.filter(Boolean);
}

function checkCommand(command: readonly string[]): void {
  if (command.length === 0) return;
  // A token in argv shows in every process listing, and would be used instead of ours.
  const token = command.find((word) => /^(-t.*|--access-token(=.*)?)$/.test(word));
  if (basename(command[0]).startsWith('localproxy') && token) {
    throw new UsageError(`Leave ${token.startsWith('--') ? '--access-token' : '-t'} out of the command: it gets its token from the environment.`);
  }
}
