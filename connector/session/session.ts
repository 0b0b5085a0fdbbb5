import { type Ending, ending } from './endings';
import { Patience } from './patience';
import { pause, type Policy } from './pauses';
import type { Child, Ports } from './ports';
import { TokenFeed } from './token-feed';
import { judge, wasFruitful } from './verdict';
import type { ChildEnd, Log, Observation, SourceSide, State, TokenVersion } from './vocabulary';
import { watch } from './watch';

export interface SessionProps {
  readonly tunnelId: string;
  /** To start with, fresh from OpenTunnel. @default - what lies in the secret */
  readonly firstToken?: TokenVersion;
  /** To begin with, ask for a token even if somebody else is connected, which sends them away. */
  readonly takeOver: boolean;
  readonly policy: Policy;
  readonly log: Log;
  readonly emit: (state: State) => void;
  /** Ends the session, and the child gently. */
  readonly abort: AbortSignal;
}

/** A call to AWS at the start gets so many tries; later there is no limit. */
const FIRST_TRIES = 4;

type Step = { readonly version: TokenVersion } | { readonly ending: Ending };

/**
 * The loop: start the child with a token, watch it end, find out why, report the drop, wait for the next token. It heals
 * whatever can be healed, and ends with a reason otherwise.
 */
export class Session {
  private readonly patience: Patience;
  private readonly feed: TokenFeed;
  private drops = 0;
  private droppedAt: number | undefined;
  private lastRecovery: number | undefined;
  private expiresAt: number | undefined;
  private failures = 0;
  private takeOver: boolean;
  private waitingSince = 0;
  private running: Child | undefined;
  private lastWords: readonly string[] = [];

  constructor(private readonly props: SessionProps, private readonly ports: Ports) {
    const { tunnelId, policy, log, abort } = props;
    const { secrets, signals, clock, random } = ports;
    this.takeOver = props.takeOver;
    this.patience = new Patience({ retry: policy.retry, clock, random, log, abort });
    this.feed = new TokenFeed({
      tunnelId, policy, secrets, signals, clock, random, abort,
      patience: this.patience,
      observe: () => this.observe(),
      asked: (times) => this.waiting(times),
    });
  }

  /** @throws AwsCallError, SecretFormatError, and an AbortError if it was aborted */
  async run(): Promise<Ending> {
    try {
      return await this.loop();
    } finally {
      this.running?.stop();
      await this.running?.ended;
    }
  }

  /** Ends the child at once; the session follows. */
  kill(): void {
    this.running?.kill();
  }

  private async loop(): Promise<Ending> {
    const { firstToken, abort } = this.props;
    let observation = await this.observe(FIRST_TRIES);
    let step = await this.firstStep(observation, firstToken);
    while ('version' in step) {
      const before = observation.kind === 'open' ? observation.source : undefined;
      const end = await this.runChild(step.version, before);
      abort.throwIfAborted();
      if (end.connected) this.droppedAt = this.ports.clock.now();
      this.enter({ state: 'checking' });
      observation = await this.observe();
      step = await this.nextStep(step.version, end, observation, before);
    }
    return step.ending;
  }

  private async firstStep(observation: Observation, firstToken: TokenVersion | undefined): Promise<Step> {
    if (observation.kind !== 'open') return over(observation);
    const version = firstToken ?? await this.feed.current();
    if (version) return { version };
    if (observation.source.status === 'CONNECTED' && !this.takeOver) return { ending: ending('in-use') };
    this.props.log('info', 'There is no token yet; asking the rotator for one.');
    return this.fresh(undefined);
  }

  private async nextStep(version: TokenVersion, end: ChildEnd, observation: Observation, before: SourceSide | undefined): Promise<Step> {
    const { policy, log } = this.props;
    const verdict = judge(end, observation, before);
    if (verdict.kind === 'over') return { ending: ending(verdict.ending, ...advice(end)) };
    if (end.connected) this.drops += 1;
    if (verdict.kind === 'contested') {
      const resolved = await this.whileContested();
      if (resolved) return resolved;
    }
    this.failures = wasFruitful(end, policy.stable) ? 0 : this.failures + 1;
    if (this.failures >= policy.maxFailures) return { ending: ending('child-failing', ...this.complaint(end)) };
    // A spent token is no failure of the command, as long as it isn't the rule.
    if (this.failures > (verdict.kind === 'failed' ? 0 : 1)) await this.pauseBeforeRestart();
    if (verdict.kind === 'failed') return { version };

    log('info', 'The token is spent; asking the rotator for a fresh one.');
    return this.fresh(version);
  }

  private async fresh(spent: TokenVersion | undefined): Promise<Step> {
    const next = await this.feed.next(spent);
    return 'version' in next ? next : over(next.over);
  }

  /** Runs the child until it ends, or until the tunnel does without its noticing. */
  private async runChild(version: TokenVersion, before: SourceSide | undefined): Promise<ChildEnd> {
    const { abort, log, tunnelId, policy } = this.props;
    const { clock, random, tunnels } = this.ports;
    const over = new AbortController();
    let connected = false;
    const child = this.ports.launch(version.token, {
      connected: () => onConnected(),
      line: (line) => log('debug', `| ${line}`),
    });
    this.running = child;
    const onConnected = () => {
      if (connected) return;
      connected = true;
      this.connected(version, child);
    };
    const stop = () => {
      over.abort(); // nobody is surprised any more by what the service shows
      child.stop();
    };
    abort.addEventListener('abort', stop, { once: true });
    if (abort.aborted) stop();
    this.enter({ state: 'starting', generation: version.generation, pid: child.pid });

    void watch(
      { tunnelId, before, tunnels, clock, random, growth: policy.watch, log },
      { connected: onConnected, lost: stop, believesConnected: () => connected },
      over.signal,
    );
    try {
      const end = await child.ended;
      this.running = undefined;
      this.lastWords = child.lastWords();
      return { ...end, connected: end.connected || connected };
    } finally {
      abort.removeEventListener('abort', stop);
      over.abort();
    }
  }

  /** Somebody else may have the tunnel, or be about to. Undefined if nobody does: a ghost fades, and a place may stay empty. */
  private async whileContested(): Promise<Step | undefined> {
    const { policy, abort, log } = this.props;
    if (this.takeOver) return undefined;
    log('info', 'The token is void. Looking whether somebody else uses the tunnel.');
    for (const wait of policy.inUseLooks) {
      await this.ports.clock.sleep(wait, abort);
      const observation = await this.observe();
      if (observation.kind !== 'open') return over(observation);
      if (observation.source.status === 'DISCONNECTED') return undefined;
    }
    return { ending: ending('in-use') };
  }

  private async pauseBeforeRestart(): Promise<void> {
    const { policy, abort, log } = this.props;
    const { clock, random } = this.ports;
    const wait = pause(policy.restart, this.failures - 1, random);
    log('warn', `The command ended before it could serve the tunnel (${this.failures} of ${policy.maxFailures}).`);
    this.enter({ state: 'pausing', failures: this.failures, until: clock.now() + wait });
    await clock.sleep(wait, abort);
    abort.throwIfAborted();
  }

  private async observe(tries?: number): Promise<Observation> {
    const observation = await this.patience.call((abort) => this.ports.tunnels.describe(this.props.tunnelId, abort), tries);
    if (observation.kind === 'open') this.expiresAt = observation.expiresAt;
    return observation;
  }

  private connected(version: TokenVersion, child: Child): void {
    if (this.droppedAt !== undefined) this.lastRecovery = this.ports.clock.now() - this.droppedAt;
    this.droppedAt = undefined;
    // Once is enough: two who insist would throw each other out for ever.
    this.takeOver = false;
    this.enter({ state: 'connected', generation: version.generation, pid: child.pid });
  }

  private waiting(asked: number): void {
    if (asked === 1) this.waitingSince = this.ports.clock.now();
    this.enter({ state: 'waiting', asked, since: this.waitingSince });
  }

  private complaint(end: ChildEnd): string[] {
    const how = end.signal ? `by ${end.signal}` : `with exit code ${end.code}`;
    return [`The command ended ${how}. Its last words:`, ...this.lastWords.map((line) => `  ${line}`)];
  }

  private enter(state: Particulars<State>): void {
    const { drops, lastRecovery, expiresAt } = this;
    const common = { tunnelId: this.props.tunnelId, at: this.ports.clock.now(), drops, lastRecovery, expiresAt };
    this.props.emit({ ...common, ...state } as State);
  }
}

/** What distinguishes each state from the others. */
type Particulars<T> = T extends unknown ? Omit<T, 'tunnelId' | 'at' | 'drops' | 'lastRecovery' | 'expiresAt'> : never;

function advice({ notStarted }: ChildEnd): string[] {
  return notStarted ? [`The system said ${notStarted}. Is the command installed, executable and on your PATH?`] : [];
}

function over(observation: Observation): { ending: Ending } {
  switch (observation.kind) {
    case 'unknown': return { ending: ending('unknown-tunnel') };
    case 'closed': case 'expired': return { ending: ending(observation.kind) };
    case 'open': throw new Error('an open tunnel is not over');
  }
}
