import { getEventListeners } from 'node:events';
import { Confidential } from '../../../lib/confidential';
import { AwsCallError, type FailureKind } from '../../../connector/session/failures';
import { DEFAULT_POLICY, type Policy } from '../../../connector/session/pauses';
import type { Child, Launch, Ports } from '../../../connector/session/ports';
import { Session, type SessionProps } from '../../../connector/session/session';
import type { ChildEnd, Hold, Observation, SourceSide, State, TokenVersion } from '../../../connector/session/vocabulary';
import { VirtualClock } from './virtual-clock';

const TUNNEL = '11111111-2222-4333-8444-555555555555';

/** What a scripted child does with its token; times in milliseconds. */
export interface ChildScript {
  /** When it says that it is connected. @default - it never is */
  readonly connects?: number;
  /** It connects without a word. */
  readonly quietly?: boolean;
  /** When it says that it lost its connection; the service shows that too. */
  readonly loses?: number;
  /** When it says that it has it back. */
  readonly returns?: number;
  /** It is left to its tries. */
  readonly tireless?: boolean;
  /** When it ends by itself. @default - only when told to */
  readonly ends?: number;
  readonly end?: Partial<ChildEnd>;
  /** Happens right after its end. */
  readonly then?: (world: LittleWorld) => void;
}

export const A_CUT = { code: 0, refused: 'previously-used' } as const;

/** A tunnel, a secret, a rotator and a child, all in memory and in virtual time. The rotator is a stub: it rotates on each signal. */
export class LittleWorld {
  readonly clock = new VirtualClock();
  readonly start = this.clock.now();
  tunnel: Observation['kind'] = 'open';
  side: SourceSide = { status: 'DISCONNECTED', lastUpdatedAt: this.clock.now() };
  generation = 0;
  /** What the tunnel was opened for. */
  services: readonly string[] = [];
  portTaken = false;
  fixedCredentials = false;
  /** What the rotator wrote beside the secret. */
  hold: Hold | undefined;
  lastWords: readonly string[] = ['no way'];
  /** Milliseconds that a look at the tunnel takes. */
  describeTakes = 0;
  readonly signals: { readonly kind: 'disconnected' | 'token-request'; readonly at: number; readonly proof?: number }[] = [];
  readonly states: State[] = [];
  readonly news: string[] = [];
  readonly launches: { readonly at: number; readonly generation: number }[] = [];
  readonly stopped: number[] = [];
  /** Milliseconds from a signal to the delivery; undefined: it never answers. */
  rotatorTakes: number | undefined = 800;
  /** What the next reads of the secret return in place of the truth. */
  readonly staleReads: number[] = [];
  /** Failures of the next calls, by call. */
  readonly failures: Partial<Record<'describe' | 'secret' | 'publish', FailureKind[]>> = {};
  /** How often the secret was read. */
  reads = 0;
  /** There is no secret where the session looks. */
  secretGone = false;
  /** And what the rotator delivers lies elsewhere. */
  elsewhere = false;
  /** The first time. */
  deliveredAt = 0;
  private readonly abort = new AbortController();
  private scripts: ChildScript[] = [];

  /** A secret lies there already. */
  delivered(): this {
    this.generation += 1;
    return this;
  }

  children(...scripts: ChildScript[]): this {
    this.scripts = scripts;
    return this;
  }

  session(props: Partial<SessionProps> & { readonly patience?: Partial<Policy> } = {}): Session {
    return new Session({
      tunnelId: TUNNEL, takeOver: false, services: [], secretName: 'p/T/source', abort: this.abort.signal,
      policy: { ...DEFAULT_POLICY, ...props.patience },
      log: (level, message) => this.news.push(`${level}: ${message}`),
      emit: (state) => this.states.push(state),
      ...props,
    }, this.ports);
  }

  run(props: Parameters<LittleWorld['session']>[0] = {}) {
    return this.session(props).run();
  }

  /** Does something later. */
  at(milliseconds: number, action: () => void): this {
    void this.clock.sleep(milliseconds).then(action);
    return this;
  }

  stop(): void {
    this.abort.abort();
  }

  disconnect(): void {
    this.side = { status: 'DISCONNECTED', lastUpdatedAt: this.clock.now() };
  }

  connect(): void {
    this.side = { status: 'CONNECTED', lastUpdatedAt: this.clock.now() };
  }

  /** The states in short. */
  get path(): string[] {
    return this.states.map(({ state }) => state).filter((state, index, all) => state !== all[index - 1]);
  }

  /** How many listen for the session to be stopped. */
  get listeners(): number {
    return getEventListeners(this.abort.signal, 'abort').length;
  }

  private fail(call: 'describe' | 'secret' | 'publish', action: string): void {
    const kind = this.failures[call]?.shift();
    if (kind) throw new AwsCallError({ action, resource: 'arn:aws:iot:eu-west-1:*:tunnel/x' }, kind, `Some${kind}Exception`);
  }

  private version(generation: number): TokenVersion {
    return { token: new Confidential(`LOCALCAT-${generation}`), proof: new Confidential(`version-${generation}`), generation };
  }

  private async signal(kind: 'disconnected' | 'token-request', proof?: Confidential): Promise<void> {
    this.fail('publish', 'iot:Publish');
    this.signals.push({ kind, at: this.clock.now() - this.start, proof: proof && Number(proof.reveal().split('-')[1]) });
    // A proof is known of the newest version only; what was deleted, nobody gets back by a mere hint.
    if (this.secretGone && kind === 'disconnected') return;
    if (this.rotatorTakes !== undefined) void this.clock.sleep(this.rotatorTakes).then(() => {
      this.generation += 1;
      this.deliveredAt ||= this.clock.now();
      if (!this.elsewhere) this.secretGone = false;
    });
  }

  private readonly launch: Launch = (token, on): Child => {
    const script = this.scripts.shift();
    if (!script) throw new Error('one child more than the test has a script for');
    this.launches.push({ at: this.clock.now() - this.start, generation: Number(token.reveal().split('-')[1]) });
    const startedAt = this.clock.now();
    let connected = false;
    const stopping = new AbortController();
    const until = async (time: number) => {
      await this.clock.sleep(startedAt + time - this.clock.now(), stopping.signal);
    };
    const live = async (): Promise<ChildEnd> => {
      if (script.connects !== undefined) {
        await until(script.connects);
        this.connect();
        if (!script.quietly) on.connected();
        connected = !script.quietly;
      }
      if (script.loses !== undefined) {
        await until(script.loses);
        this.disconnect();
        on.reconnecting();
      }
      if (script.returns !== undefined) {
        await until(script.returns);
        this.connect();
        on.connected();
      }
      await until(script.ends ?? 1e9);
      if (script.connects !== undefined) this.disconnect();
      script.then?.(this);
      const end = stopping.signal.aborted ? { code: null, signal: 'SIGTERM' as const } : { code: 0, signal: null, ...script.end };
      return { goodbye: false, portTaken: false, ...end, connected, lived: this.clock.now() - startedAt };
    };
    return {
      pid: 4_711,
      tireless: script.tireless,
      ended: live(),
      lastWords: () => this.lastWords,
      stop: () => {
        this.stopped.push(this.clock.now() - this.start);
        stopping.abort();
      },
      kill: () => stopping.abort(),
    };
  };

  private get ports(): Ports {
    return {
      clock: this.clock,
      random: () => 0,
      fixedCredentials: this.fixedCredentials,
      launch: this.launch,
      takenPort: async () => (this.portTaken ? '127.0.0.1:5555' : undefined),
      tunnels: {
        describe: async () => {
          if (this.describeTakes > 0) await this.clock.sleep(this.describeTakes);
          this.fail('describe', 'iot:DescribeTunnel');
          return this.tunnel === 'open' ? { kind: 'open', source: this.side, expiresAt: this.start + 12 * 3_600_000, services: this.services } : { kind: this.tunnel };
        },
      },
      secrets: {
        current: async () => {
          this.reads += 1;
          this.fail('secret', 'secretsmanager:GetSecretValue');
          if (this.secretGone) return undefined;
          const generation = this.staleReads.shift() ?? this.generation;
          return generation === 0 ? undefined : this.version(generation);
        },
        hold: async () => this.hold,
      },
      signals: {
        disconnected: (_, proof) => this.signal('disconnected', proof),
        tokenRequest: () => this.signal('token-request'),
      },
    };
  }
}

/** Connected for a minute, until somebody closes the tunnel. */
export const connectedThenClosed = { connects: 100, ends: 60_000, end: { code: 0, goodbye: true }, then: (world: LittleWorld) => { world.tunnel = 'closed'; } } as const;
/** Connected, and cut after so many milliseconds. */
export const cutAfter = (ends: number) => ({ connects: 100, ends, end: A_CUT });
