import { createInterface } from 'node:readline/promises';
import { Duplex } from 'node:stream';
import { version } from '../package.json';
import { endingOf } from '../aws/access';
import { type Arguments, parseArguments, USAGE } from './arguments';
import { defaultRegion } from '../aws/aws';
import { connect, type Connection } from '../connect';
import { type Ending, ending } from '../session/endings';
import { UsageError } from '../session/failures';
import { closeTunnel } from '../aws/open-tunnel';
import { type Lease, lease, NoTunnelError, openForThing } from './lease';
import { examine } from './examine';
import { list } from './list';
import { StatusLine } from './status';
import type { World } from './world';
import type { Log, LogLevel } from '../session/vocabulary';

/** npx passes on the Ctrl-C that the terminal has sent to us already; nobody presses twice so fast. Milliseconds. */
const ECHO = 150;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The command line: everything but the process around it. Resolves with the exit code; never rejects. */
export async function run(argv: readonly string[], world: World): Promise<number> {
  try {
    if (argv[0] === 'list') return await list(argv.slice(1), world);
    if (argv[0] === 'doctor') return await examine(argv.slice(1), world);
    const args = parseArguments(argv, world.env);
    if (typeof args === 'object') return (await new Command(args, world).run()).exitCode;
    world.stdout.write(args === 'help' ? USAGE : `${version}\n`);
    return 0;
  } catch (error) {
    const wrong = error instanceof UsageError;
    const known = wrong ? undefined : endingOf(error, undefined);
    if (known) world.stderr.write(`tunnel-source: ${[known.sentence, ...known.details].join('\n')}\n`);
    else world.stderr.write(wrong ? `tunnel-source: ${error.message} See --help.\n` : `tunnel-source: ${String(error)}\n`);
    return (known ?? ending(wrong ? 'usage' : 'internal')).exitCode;
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
    if ('id' in tunnel) return this.connect({ tunnelId: tunnel.id, opened: false });
    const region = this.args.region ?? await defaultRegion();
    if (!region) return ending('usage', 'There is no region. Use --region, or set AWS_REGION.');
    try {
      let current = await lease(tunnel, region, this.world.now, this.log);
      const { open } = tunnel;
      const next = 'reopen' in tunnel && tunnel.reopen && open ? async () => current = await openForThing(open, region, this.log) : undefined;
      const result = this.stoppingSince !== undefined ? ending('stopped') : await this.connect(current, next);
      if (current.opened && !OVER.has(result.name)) await this.offerToClose(current.tunnelId, region);
      return result;
    } catch (error) {
      const known = error instanceof NoTunnelError ? ending('no-tunnel', error.message) : endingOf(error, undefined);
      if (known) return known;
      throw error;
    }
  }

  private async connect({ tunnelId, firstToken }: Lease, next?: () => Promise<Lease>): Promise<Ending> {
    const { prefix, command, region, topicPrefix, takeOver, grace, json, proxy, stdio, clientToken } = this.args;
    const { env, stdout } = this.world;
    const connection = stdio === undefined ? undefined : { service: stdio, stream: this.standardStreams() };
    this.connection = connect({
      tunnelId, command, region, topicPrefix, takeOver, env, clientToken,
      proxy: { ...proxy, connection },
      secretPrefix: prefix,
      firstToken: firstToken?.reveal(),
      next: next && (async () => {
        const { tunnelId: id, firstToken: token } = await next();
        return { tunnelId: id, firstToken: token?.reveal() };
      }),
      stopGrace: grace,
      log: this.log,
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

  private readonly log: Log = (level, message) => this.news(level, message);

  private news(level: LogLevel, message: string): void {
    if (LEVELS.indexOf(level) > LEVELS.indexOf(this.args.logLevel)) return;
    const mark = level === 'info' || level === 'debug' ? '' : `${level}: `;
    this.status.news(`${timeOfDay(this.world.now())} ${mark}${message}`);
  }

  private readonly onSignal = (): void => {
    const now = this.world.now();
    if (this.stoppingSince === undefined) {
      this.stoppingSince = now;
      this.news('info', 'Ending the session. A second Ctrl-C kills it at once.');
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
