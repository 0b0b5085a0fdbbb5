import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { Confidential } from '../lib/confidential';
import { sourceSecretName, TOPICS } from '../lib/runtime-contract';
import { endingOf } from './aws/access';
import { type Aws, connectAws, defaultRegion } from './aws/aws';
import { keysAreFixed } from './aws/clients';
import type { ConnectOptions } from './connect-options';
import { CLIENT_TOKEN_FILE, clientTokens } from './proxy/client-tokens';
import { PortError } from './proxy/doors';
import { Footprint } from './proxy/footprint';
import { type LocalProxy, openLocalProxy } from './proxy/local-proxy';
import { endGroup } from './proxy/process-group';
import { systemClock } from './session/clock';
import { type Ending, ending } from './session/endings';
import { UsageError } from './session/failures';
import { DEFAULT_POLICY } from './session/pauses';
import type { Clock, Identity } from './session/ports';
import { Session } from './session/session';
import type { States } from './session/states';
import { type Successor, successor } from './session/succession';
import type { Log } from './session/vocabulary';

/** One session, or one after the other where a tunnel has a successor: what they need is built before them, and put away after them. */
export class Sessions {
  private readonly clock: Clock;
  private readonly log: Log;
  private served: Successor;
  private session: Session | undefined;
  private killed = false;
  private identity: Identity | undefined;
  private footprint: Footprint | undefined;

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
      const aws = connectAws({ region, secretPrefix, topicPrefix, now: () => this.clock.now() });
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
