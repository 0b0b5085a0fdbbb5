import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import type { Confidential } from '../../lib/confidential';
import { connectSource, LinkFailedError, type LinkProps, type Source, UpgradeRefusedError } from '../../tunnel-protocol/peer';
import { type Growth, pause } from '../session/pauses';
import type { Child, ChildEvents, Clock, Launch } from '../session/ports';
import type { ChildEnd, Clues } from '../session/vocabulary';
import type { ClientTokens } from './client-tokens';
import { Doors } from './doors';
import { died } from './heartbeat';
import { type Mapping, strayService } from './mapping';
import type { Route } from './route';
import { Surroundings } from './surroundings';
import { reset, Traffic } from './traffic';
import { WaitingRoom } from './waiting-room';

export interface BuiltInProxyProps {
  /** Local ports by service. */
  readonly mappings: readonly Mapping[];
  /** What local ports listen on, where they name no address. */
  readonly bindAddress: string;
  /** Origin of the data plane. */
  readonly endpoint: string;
  readonly route: () => Route;
  readonly secureContext?: SecureContext;
  /** Whether the service must show a certificate of its name. */
  readonly verify: boolean;
  /** Of the device: a 3.0 one carries many connections at a time, older ones do not. */
  readonly protocol: LinkProps['protocol'];
  /** What lets a connection come back with the same token. Undefined: nothing, each cut spends the token. */
  readonly clientToken?: ClientTokens;
  /** Milliseconds from a connection's silent death to its discovery. */
  readonly deadAfter: number;
  /** Milliseconds that connecting may take. */
  readonly patience: number;
  /** Between tries to connect. */
  readonly retry: Growth;
  /** How many local connections may wait for the tunnel, and how long in milliseconds. */
  readonly waiting: { readonly seats: number; readonly patience: number };
  readonly clock: Clock;
  readonly random: () => number;
  readonly surroundings?: Surroundings;
}

/** A connection that ended sooner, and carried nothing, was none: the next try waits. Milliseconds. */
const WORTHWHILE = 1_000;
const LAST_WORDS = 20;

/**
 * A local proxy in this very process. Its ports stay open from beginning to end; each launch serves them with one token, for as
 * long as the service lets that token in.
 */
export class BuiltInProxy {
  private readonly traffic: Traffic;
  private readonly surroundings: Surroundings;
  private doors: Doors | undefined;

  private constructor(private readonly props: BuiltInProxyProps) {
    const { waiting, clock } = props;
    this.traffic = new Traffic(new WaitingRoom({ ...waiting, clock, dismiss: reset }));
    this.surroundings = props.surroundings ?? new Surroundings(clock);
  }

  /** @throws PortError if a port cannot be had */
  static async open(props: BuiltInProxyProps): Promise<BuiltInProxy> {
    const proxy = new BuiltInProxy(props);
    proxy.doors = await Doors.open(props.mappings, props.bindAddress, (service, connection) => proxy.enter(service, connection));
    return proxy;
  }

  /** Where it listens. */
  get mappings(): readonly Required<Mapping>[] {
    return this.doors!.mappings;
  }

  /** Lets a connection in that came by another way than a port. */
  enter(service: string, connection: Duplex): void {
    this.traffic.enter({ service, connection });
  }

  /** Serves with a token until the service refuses it. */
  readonly launch: Launch = (token, on): Child => {
    const run = new Run(this.props, this.traffic, this.surroundings, token, on);
    const tireless = this.props.clientToken !== undefined;
    return { pid: undefined, tireless, ended: run.ended, lastWords: () => run.words, stop: () => run.stop(), kill: () => run.stop() };
  };

  close(): void {
    this.doors?.close();
    this.traffic.close();
  }
}

/** One token's life: connect, carry, and after a cut connect again as the same client, until the service says no. */
class Run {
  readonly words: string[] = [];
  readonly ended: Promise<ChildEnd>;
  private readonly stopping = new AbortController();
  private readonly startedAt: number;
  private readonly clientToken: string | undefined;
  private clues: Clues = { connected: false, goodbye: false, portTaken: false };

  constructor(
    private readonly props: BuiltInProxyProps,
    private readonly traffic: Traffic,
    private readonly surroundings: Surroundings,
    private readonly token: Confidential,
    private readonly on: ChildEvents,
  ) {
    const { clientToken, clock } = props;
    this.startedAt = clock.now();
    this.clientToken = clientToken?.(token);
    this.ended = this.live().then(() => ({ code: 0, signal: null, ...this.clues, lived: clock.now() - this.startedAt }));
  }

  stop(): void {
    this.stopping.abort();
  }

  private async live(): Promise<void> {
    const { retry, random } = this.props;
    const { signal } = this.stopping;
    let leftovers: Source['leftovers'] = [];
    for (let tries = 0; !signal.aborted; tries++) {
      if (tries > 0 && await this.surroundings.sleep(pause(retry, tries - 1, random), signal)) tries = 0;
      if (signal.aborted) return;
      const source = await this.connect(leftovers);
      if (source === 'refused') return;
      if (!source) continue;
      const worthwhile = await this.carry(source);
      ({ leftovers } = source);
      if (signal.aborted) return;
      if (!this.clientToken) return void (this.clues = { ...this.clues, cut: !this.clues.goodbye });
      this.on.reconnecting();
      if (worthwhile) tries = -1;
    }
  }

  /** Undefined if there was nobody to say yes or no, or not now. */
  private async connect(leftovers: Source['leftovers']): Promise<Source | 'refused' | undefined> {
    const { endpoint, route, secureContext, verify, protocol, patience } = this.props;
    const { agent, refused } = route();
    this.say(`Connecting to ${endpoint}`);
    try {
      return await connectSource({
        endpoint, token: this.token.reveal(), clientToken: this.clientToken, protocol, agent, secureContext, verify, patience, leftovers,
        abort: this.stopping.signal,
      });
    } catch (error) {
      if (this.stopping.signal.aborted) return undefined;
      const answer = error instanceof UpgradeRefusedError ? error : undefined;
      if (!answer && !(error instanceof LinkFailedError)) throw error;
      const obstacle = refused() ?? (answer ? `${endpoint} answers HTTP ${answer.status} ${answer.sentence}` : reasonOf(error as Error));
      this.say(obstacle);
      if (!answer || refused() || !isFinal(answer.status)) return undefined;
      this.clues = { ...this.clues, refused: /previously used/i.test(answer.sentence) ? 'previously-used' : 'otherwise' };
      return 'refused';
    }
  }

  /** @returns whether the connection was of use, once it is over */
  private async carry(source: Source): Promise<boolean> {
    const { mappings, clock, deadAfter } = this.props;
    const { signal } = this.stopping;
    const stray = strayService(mappings.map(({ service }) => service), source.services);
    if (stray) this.say(stray);
    const since = clock.now();
    this.clues = { connected: true, goodbye: false, portTaken: false };
    this.say('Connected');
    this.on.connected();
    this.traffic.attach(source);
    let carried = this.traffic.size > 0;
    const over = new AbortController();
    const leave = () => void source.close();
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    void died(source.link, deadAfter, this.surroundings, over.signal).then((dead) => {
      if (!dead) return;
      this.say('The service does not answer any more');
      source.link.terminate();
    });
    const { code, reason } = await source.closed;
    over.abort();
    signal.removeEventListener('abort', leave);
    carried ||= this.traffic.size > 0;
    this.traffic.detach();
    this.say(code === ABNORMAL ? 'The connection broke' : `The service said goodbye: ${code} ${reason}`);
    this.clues = { ...this.clues, goodbye: code !== ABNORMAL };
    return carried || clock.now() - since >= WORTHWHILE;
  }

  private say(line: string): void {
    this.words.push(line);
    if (this.words.length > LAST_WORDS) this.words.shift();
    this.on.line(line);
  }
}

/** No close frame came: the connection just ended. https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const ABNORMAL = 1006;

/** Whether the service means the token. What a web server or a load balancer says in between passes. */
function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && ![407, 408, 425, 429].includes(status);
}

function reasonOf({ message, cause }: Error): string {
  const { code, message: detail } = (cause ?? {}) as NodeJS.ErrnoException;
  return [message, code ?? detail].filter(Boolean).join(': ');
}
