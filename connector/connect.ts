import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { sourceSecretName, TOPICS } from '../lib/runtime-contract';
import { endingOf } from './aws/access';
import { type Aws, connectAws, defaultRegion } from './aws/aws';
import { keysAreFixed } from './aws/clients';
import { systemClock } from './session/clock';
import { Confidential } from '../lib/confidential';
import { type Ending, ending } from './session/endings';
import { UsageError } from './session/failures';
import { CLIENT_TOKEN_FILE, clientTokens } from './proxy/client-tokens';
import { Footprint } from './proxy/footprint';
import { DEFAULT_POLICY, type Policy } from './session/pauses';
import type { Clock, Identity } from './session/ports';
import { type Successor, successor } from './session/succession';
import { endGroup } from './proxy/process-group';
import { type LocalProxy, openLocalProxy } from './proxy/local-proxy';
import { parseMappings } from './proxy/mapping';
import type { ProxyOptions } from './proxy/options';
import { PortError } from './proxy/doors';
import { Session } from './session/session';
import { States } from './session/states';
import type { Log, State } from './session/vocabulary';

// https://docs.aws.amazon.com/iot/latest/apireference/API_iot-secure-tunneling_Tunnel.html
const TUNNEL_ID = /^[a-zA-Z0-9_\-+=:]{1,128}$/;

/** Options of `connect`. */
export interface ConnectOptions {
  /** As OpenTunnel returned it. */
  readonly tunnelId: string;
  /** The rotator's `secretPrefix`; an output of the stack that holds it, `SecretPrefix` in the sample app. */
  readonly secretPrefix: string;
  /** What the built-in proxy is told, its ports first. */
  readonly proxy?: ProxyOptions;
  /**
   * Another local proxy and its arguments, to run instead of the built-in one. It finds its token in the environment variable
   * `AWSIOT_TUNNEL_ACCESS_TOKEN`. @default - the built-in proxy
   */
  readonly command?: readonly string[];
  /** Whether a cut connection may come back with the token that it had, by a client token. @default true */
  readonly clientToken?: boolean;
  /** @default - what the SDK finds: AWS_REGION, then the profile */
  readonly region?: string;
  /** Topic levels before the tunnel id, as `DisconnectSource.mqtt` was given them. @default 'tunnels' */
  readonly topicPrefix?: string;
  /** The source token that OpenTunnel returned. @default - what lies in the secret; if there is nothing, the rotator is asked */
  readonly firstToken?: string;
  /** To begin with, take the tunnel over even if somebody else is connected. @default false */
  readonly takeOver?: boolean;
  /** The command's environment, beside the token. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds between SIGTERM and SIGKILL. @default 5000 */
  readonly stopGrace?: number;
  /** How patient the session is, where it should differ. */
  readonly policy?: Partial<Policy>;
  /**
   * Opens the tunnel that follows. It is asked for shortly before the lifetime of the one that is served ends, and the session goes on with
   * that; the local ports stay as they are. @default - the session ends with its tunnel
   */
  readonly next?: () => Promise<Successor>;
  /** Time, for tests of long sessions. @default - the system's */
  readonly clock?: Clock;
  /** Takes news for a person; never a token. @default - nobody listens */
  readonly log?: Log;
  /** Where a note of the running processes lies, so that the next start finds what a SIGKILL left. @default - the user's runtime directory */
  readonly footprints?: string;
}

/** A session that heals itself. Iterate over its states, or wait for its end; leaving the iteration stops it. */
export interface Connection extends AsyncIterable<State> {
  /** Resolves when nothing is left of the session. Never rejects: a failure is an ending too. */
  readonly ended: Promise<Ending>;
  /** Ends the command with SIGTERM, after `stopGrace` with SIGKILL, and then the session. */
  stop(): Promise<Ending>;
  /** Ends the command with SIGKILL at once, and then the session. */
  kill(): Promise<Ending>;
}

/**
 * Keeps the source side of a tunnel connected: runs the local proxy with the tunnel's current token, and after each drop with the
 * fresh one that the rotator delivers. Begins at once, and goes on whether or not anybody reads its states.
 *
 * @throws UsageError if the tunnel id, or what is to carry it, cannot be right
 */
export function connect(options: ConnectOptions): Connection {
  if (!TUNNEL_ID.test(options.tunnelId)) throw new UsageError('The tunnel id must be 1 to 128 letters, digits or any of _ - + = :');
  checkProxy(options);
  const stopping = new AbortController();
  const states = new States();
  const task = new Task(options, states, stopping.signal);
  const ended = task.run();
  const stop = () => {
    stopping.abort();
    return ended;
  };
  return {
    ended,
    stop,
    kill: () => {
      task.kill();
      return stop();
    },
    [Symbol.asyncIterator]: () => states.read(stop),
  };
}

/** Everything around a session, or one session after the other: what they need is built before them, and put away after them. */
class Task {
  private readonly clock: Clock;
  private readonly log: Log;
  private served: Successor;
  private session: Session | undefined;
  private killed = false;
  private identity: Identity | undefined;

  constructor(private readonly options: ConnectOptions, private readonly states: States, private readonly abort: AbortSignal) {
    const { tunnelId, firstToken, clock = systemClock, log = () => undefined } = options;
    this.served = { tunnelId, firstToken };
    this.clock = clock;
    this.log = log;
  }

  async run(): Promise<Ending> {
    const how = await this.prepare().catch((error: unknown) => {
      if (this.abort.aborted) return ending('stopped');
      const known = endingOf(error, this.identity) ?? localTrouble(error);
      if (!known) this.log('debug', String((error as Error).stack));
      return known ?? ending('internal', String(error));
    });
    const result = this.killed ? ending('killed') : how;
    this.states.push({ state: 'ended', ending: result, tunnelId: this.served.tunnelId, at: this.clock.now(), drops: 0, ...this.session?.counts });
    return result;
  }

  kill(): void {
    this.killed = true;
    this.session?.kill();
  }

  private async prepare(): Promise<Ending> {
    const { region = await defaultRegion(), secretPrefix, topicPrefix = TOPICS.defaultPrefix } = this.options;
    if (!region) return ending('usage', 'There is no region. Use --region, or set AWS_REGION.');
    return this.claimed(region, async () => {
      const { command = [], proxy = {}, env = process.env, stopGrace = 5_000, clientToken = true } = this.options;
      const ours = clientToken ? clientTokens(this.footprint?.beside(CLIENT_TOKEN_FILE)) : undefined;
      const local = await openLocalProxy({ command, proxy, clientTokens: ours, env, region, grace: stopGrace, clock: this.clock, random: Math.random });
      for (const line of local.news) this.log('info', line);
      const aws = connectAws({ region, secretPrefix, topicPrefix });
      const lookup = aws.identity(this.abort).then((identity) => {
        this.identity = identity;
        if (!this.abort.aborted) this.log('info', `Using ${identity?.arn ?? 'an identity that AWS does not name'} in ${region}.`);
      });
      try {
        return await this.serveAll(aws, local);
      } finally {
        local.close();
        await settledWithin(IDENTITY_PATIENCE, lookup, this.abort);
        aws.close();
      }
    });
  }

  /** Does something while no other connector on this machine may serve the tunnel. */
  private async claimed(region: string, run: () => Promise<Ending>): Promise<Ending> {
    const { secretPrefix, footprints = defaultFootprints() } = this.options;
    const footprint = new Footprint(footprints, `${region} ${secretPrefix} ${this.served.tunnelId}`);
    try {
      const other = await this.claim(footprint);
      if (other !== undefined) return ending('already-running', `It is the process ${other}.`);
      this.footprint = footprint;
      return await run();
    } finally {
      footprint.release();
    }
  }

  private footprint: Footprint | undefined;

  /** This tunnel, and those that follow it. */
  private async serveAll(aws: Aws, local: LocalProxy): Promise<Ending> {
    const { next } = this.options;
    for (;;) {
      const { end, follows } = await this.serve(aws, local);
      if (this.abort.aborted) return end ?? ending('stopped');
      if (end && !follows && !(next && end.name === 'expired')) return end;
      this.served = follows ?? await next!();
      this.log('info', `Going on with the tunnel ${this.served.tunnelId}.`);
    }
  }

  /** One tunnel, until it ends or its successor is there. */
  private async serve(aws: Aws, local: LocalProxy): Promise<{ readonly end?: Ending; readonly follows?: Successor }> {
    const { secretPrefix, takeOver = false, policy, next } = this.options;
    const { tunnelId, firstToken } = this.served;
    const { clock, log } = this;
    const leaving = new AbortController();
    const leave = () => leaving.abort();
    this.abort.addEventListener('abort', leave, { once: true });
    if (this.abort.aborted) leave();
    const session = this.session = new Session(
      {
        tunnelId, takeOver, log, services: local.services, counts: this.session?.counts,
        emit: (state) => {
          if (state.state === 'starting') this.footprint?.note(state.pid);
          this.states.push(state);
        },
        secretName: sourceSecretName(secretPrefix, tunnelId), policy: { ...DEFAULT_POLICY, ...policy }, abort: leaving.signal,
        firstToken: firstToken === undefined ? undefined : { token: new Confidential(firstToken) },
      },
      { ...aws, clock, random: Math.random, fixedCredentials: keysAreFixed(), takenPort: local.takenPort, launch: local.launch },
    );
    const over = new AbortController();
    const follows = next && successor({ expiresAt: () => session.counts.expiresAt, next, tunnels: aws.tunnels, clock, log, over: over.signal });
    void follows?.then((it) => it && leave());
    try {
      const end = await session.run();
      over.abort();
      return { end, follows: await follows };
    } catch (error) {
      over.abort();
      if (this.abort.aborted || !leaving.signal.aborted) throw error;
      return { follows: await follows };
    } finally {
      this.abort.removeEventListener('abort', leave);
    }
  }

  /** @returns the process id of another connector for this tunnel, if one lives */
  private async claim(footprint: Footprint): Promise<number | undefined> {
    try {
      const found = footprint.claim();
      if (found.kind === 'connector') return found.pid;
      if (found.kind === 'orphan') {
        this.log('warn', `An earlier tunnel-source was killed and left its command behind (process ${found.pid}). Ending that first.`);
        await endGroup(found.pid, this.options.stopGrace ?? 5_000, systemClock);
      }
    } catch (error) {
      this.log('warn', `Cannot note which processes run, so the next start could not find what a crash leaves: ${(error as Error).message}`);
    }
    return undefined;
  }
}

/** One way to carry bytes, and only one. */
function checkProxy({ command = [], proxy = {} }: ConnectOptions): void {
  const mappings = parseMappings(proxy.services ?? []);
  const builtIn = mappings.length > 0 || proxy.connection !== undefined;
  if (command.length > 0 && builtIn) throw new UsageError('-s and --stdio go with the built-in proxy, not with a command behind --.');
  if (command.length > 0 || builtIn) return;
  throw new UsageError('There is no port to listen on. Use -s, for example -s SSH=5555, or put another local proxy behind --.');
}

/** The ending of what was wrong before AWS was asked for anything. */
function localTrouble(error: unknown): Ending | undefined {
  if (error instanceof PortError) return ending(error.code === 'EADDRINUSE' ? 'port-taken' : 'usage', error.message);
  return error instanceof UsageError ? ending('usage', error.message) : undefined;
}

/** How long an ending waits to learn whose permission it was that failed. */
const IDENTITY_PATIENCE = 2_000;

async function settledWithin(milliseconds: number, task: Promise<unknown>, abort: AbortSignal): Promise<void> {
  const enough = new AbortController();
  const finish = () => enough.abort();
  abort.addEventListener('abort', finish, { once: true });
  if (!abort.aborted) await Promise.race([task, systemClock.sleep(milliseconds, enough.signal)]);
  abort.removeEventListener('abort', finish);
  finish();
}

/** A directory of this user alone. */
function defaultFootprints(): string {
  const { XDG_RUNTIME_DIR: runtime } = process.env;
  return runtime ? join(runtime, 'tunnel-source') : join(tmpdir(), `tunnel-source-${userInfo().uid}`);
}
