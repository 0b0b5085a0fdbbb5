import type { EventEmitter } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { Duplex } from 'node:stream';
import { version } from '../package.json';
import { endingOf } from '../aws/access';
import { type Arguments, parseArguments, USAGE } from './arguments';
import { defaultRegion } from '../aws/aws';
import { connect, type Connection } from '../connect';
import type { Confidential } from '../../lib/confidential';
import { type Ending, ending } from '../session/endings';
import { UsageError } from '../session/failures';
import { closeTunnel, openTunnel } from '../aws/open-tunnel';
import { StatusLine } from './status';
import type { LogLevel } from '../session/vocabulary';

/** What the command meets outside; a test brings its own. */
export interface World {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** For machines: states, with `--json`. */
  readonly stdout: NodeJS.WritableStream;
  /** For a person: news and status. */
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** Who emits SIGINT, SIGTERM and SIGHUP: `process`. */
  readonly signals: Pick<EventEmitter, 'on' | 'off'>;
  readonly now: () => number;
}

/** npx passes on the Ctrl-C that the terminal has sent to us already; nobody presses twice so fast. Milliseconds. */
const ECHO = 150;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The command line: everything but the process around it. Resolves with the exit code; never rejects. */
export async function run(argv: readonly string[], world: World): Promise<number> {
  try {
    const args = parseArguments(argv, world.env);
    if (typeof args === 'object') return (await new Command(args, world).run()).exitCode;
    world.stdout.write(args === 'help' ? USAGE : `${version}\n`);
    return 0;
  } catch (error) {
    const wrong = error instanceof UsageError;
    world.stderr.write(wrong ? `tunnel-source: ${error.message} See --help.\n` : `tunnel-source: ${String(error)}\n`);
    return ending(wrong ? 'usage' : 'internal').exitCode;
  }
}

class Command {
  private readonly status: StatusLine;
  private connection: Connection | undefined;
  private stoppingSince: number | undefined;

  constructor(private readonly args: Arguments, private readonly world: World) {
    const { stderr, env, now } = world;
    this.status = new StatusLine(stderr, now, Boolean(stderr.isTTY) && !env.NO_COLOR);
  }

  async run(): Promise<Ending> {
    const { signals, stdout } = this.world;
    for (const signal of SIGNALS) signals.on(signal, this.onSignal);
    stdout.on('error', this.onReaderGone);
    try {
      const result = await this.serve();
      this.news(result.exitCode === 0 ? 'info' : 'error', [result.sentence, ...result.details].join('\n'));
      return result;
    } finally {
      this.status.close();
      for (const signal of SIGNALS) signals.off(signal, this.onSignal);
      stdout.off('error', this.onReaderGone);
    }
  }

  private async serve(): Promise<Ending> {
    const { tunnel } = this.args;
    if ('id' in tunnel) return this.connect(tunnel.id);
    const region = this.args.region ?? await defaultRegion();
    if (!region) return ending('usage', 'There is no region. Use --region, or set AWS_REGION.');
    try {
      const { tunnelId, sourceToken } = await openTunnel(tunnel.open, region);
      this.news('info', `Opened the tunnel ${tunnelId}.`);
      if (!tunnel.open.thing) this.news('warn', 'Without --thing, AWS sends the destination\'s token to nobody.');
      const result = this.stoppingSince !== undefined ? ending('stopped') : await this.connect(tunnelId, sourceToken);
      if (!OVER.has(result.name)) await this.offerToClose(tunnelId, region);
      return result;
    } catch (error) {
      const known = endingOf(error, undefined);
      if (known) return known;
      throw error;
    }
  }

  private async connect(tunnelId: string, firstToken?: Confidential): Promise<Ending> {
    const { prefix, command, region, topicPrefix, takeOver, grace, json, proxy, stdio, clientToken } = this.args;
    const { env, stdout } = this.world;
    const connection = stdio === undefined ? undefined : { service: stdio, stream: this.standardStreams() };
    this.connection = connect({
      tunnelId, command, region, topicPrefix, takeOver, env, clientToken,
      proxy: { ...proxy, connection },
      secretPrefix: prefix,
      firstToken: firstToken?.reveal(),
      stopGrace: grace,
      log: (level, message) => this.news(level, message),
    });
    for await (const state of this.connection) {
      if (json) stdout.write(`${JSON.stringify(state)}\n`);
      else if (!connection) this.status.show(state); // ssh shows its user whatever its ProxyCommand says
    }
    connection?.stream.destroy();
    return this.connection.ended;
  }

  /** Standard input and output as one connection; the session ends with it. */
  private standardStreams(): Duplex {
    const { stdin, stdout } = this.world;
    const stream = Duplex.from({ readable: stdin, writable: stdout });
    return stream.once('close', () => void this.connection?.stop());
  }

  private async offerToClose(tunnelId: string, region: string): Promise<void> {
    const { afterwards } = this.args;
    this.status.close();
    if (afterwards === 'close' || (afterwards === 'ask' && await this.ask(`Close the tunnel ${tunnelId}? [y/N] `))) {
      const failure = await closeTunnel(tunnelId, region).catch((error: Error) => error);
      if (!failure) return this.news('info', `Closed the tunnel ${tunnelId}.`);
      this.news('error', `The tunnel could not be closed: ${failure.message}.`);
    }
    this.news('info', `The tunnel stays open. To close it: aws iotsecuretunneling close-tunnel --region ${region} --tunnel-id ${tunnelId}`);
  }

  /** A person's yes; whoever cannot be asked says no. */
  private async ask(question: string): Promise<boolean> {
    const { stdin, stderr } = this.world;
    if (!stdin.isTTY || !stderr.isTTY) return false;
    const terminal = createInterface({ input: stdin, output: stderr });
    const gone = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
    try {
      return /^y(es)?$/i.test((await Promise.race([terminal.question(question), gone])).trim());
    } finally {
      terminal.close();
    }
  }

  private news(level: LogLevel, message: string): void {
    if (LEVELS.indexOf(level) > LEVELS.indexOf(this.args.logLevel)) return;
    const mark = level === 'info' || level === 'debug' ? '' : `${level}: `;
    this.status.news(`${timeOfDay(this.world.now())} ${mark}${message}`);
  }

  private readonly onSignal = (): void => {
    const now = this.world.now();
    if (this.stoppingSince === undefined) {
      this.stoppingSince = now;
      this.news('info', 'Ending the command. A second Ctrl-C kills it at once.');
      void this.connection?.stop();
    } else if (now - this.stoppingSince > ECHO) {
      void this.connection?.kill();
    }
  };

  /** Whoever read our states has left. */
  private readonly onReaderGone = (): void => void this.connection?.stop();
}

/** As the clock on the wall shows it. */
const timeOfDay = (now: number): string => new Date(now).toTimeString().slice(0, 8);

const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];
const OVER: ReadonlySet<string> = new Set(['closed', 'expired', 'unknown-tunnel']);
