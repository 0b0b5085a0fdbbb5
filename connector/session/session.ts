import { type Ending, ending } from './endings';
import { Patience } from './patience';
import { pause, type Policy } from './pauses';
import type { Child, Ports } from './ports';
import { Progress } from './progress';
import { tend, type Tended } from './tending';
import { TokenFeed } from './token-feed';
import { isSpentForCertain, judge, wasFruitful } from './verdict';
import type { Log, Observation, SourceSide, State, TokenVersion } from './vocabulary';

export interface SessionProps {
  readonly tunnelId: string;
  /** To start with, fresh from OpenTunnel. @default - what lies in the secret */
  readonly firstToken?: TokenVersion;
  /** To begin with, ask for a token even if somebody else is connected, which sends them away. */
  readonly takeOver: boolean;
  /** What was counted before, on the tunnel that this one follows. */
  readonly counts?: Progress['counts'];
  /** Where the rotator lays the tunnel's tokens. */
  readonly secretName: string;
  /** What the child asks of the tunnel by name; empty if it takes what there is. */
  readonly services: readonly string[];
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
  private readonly progress: Progress;
  private failures = 0;
  private takeOver: boolean;
  private waitingSince = 0;
  private running: Child | undefined;
  /** Whatever goes on beside the loop goes on no longer than it. */
  private readonly over = new AbortController();

  constructor(private readonly props: SessionProps, private readonly ports: Ports) {
    const { tunnelId, secretName, policy, log } = props;
    const abort = this.over.signal;
    const { secrets, signals, clock, random, fixedCredentials } = ports;
    this.takeOver = props.takeOver;
    this.progress = new Progress(tunnelId, clock, props.emit, props.counts);
    this.patience = new Patience({ retry: policy.retry, clock, random, fixedCredentials, log, abort, progress: this.progress });
    this.feed = new TokenFeed({
      tunnelId, secretName, policy, secrets, signals, clock, random, log, abort,
      patience: this.patience,
      observe: () => this.observe(),
      asked: (times) => this.waiting(times),
      held: ({ reason, until }, asked) => this.progress.enter({ state: 'held', reason, until, asked, since: this.waitingSince }),
    });
  }

  /** @throws AwsCallError, SecretFormatError, and an AbortError if it was aborted */
  async run(): Promise<Ending> {
    const { abort } = this.props;
    const finish = () => this.over.abort();
    abort.addEventListener('abort', finish);
    if (abort.aborted) finish();
    try {
      return await this.loop();
    } finally {
      abort.removeEventListener('abort', finish);
      finish();
      this.running?.stop();
      await this.running?.ended;
    }
  }

  /** Ends the child at once; the session follows. */
  kill(): void {
    this.running?.kill();
  }

  /** How often it dropped, and so on, up to now. */
  get counts(): Progress['counts'] {
    return this.progress.counts;
  }

  private async loop(): Promise<Ending> {
    const { firstToken, policy, abort } = this.props;
    let observation = await this.observe(FIRST_TRIES);
    let step = await this.firstStep(observation, firstToken);
    while ('version' in step) {
      const taken = await this.placeToListen();
      if (taken) return taken;
      const before = observation.kind === 'open' ? observation.source : undefined;
      const { version } = step;
      const tended = await this.runChild(version, before);
      abort.throwIfAborted();
      if (tended.end.connected) this.progress.lost();
      this.progress.enter({ state: 'checking' });
      // What is certain needs no look: the rotator hears of it while we look whether the tunnel is over.
      const report = isSpentForCertain(tended.end, policy.stable) ? this.feed.report(version) : undefined;
      observation = await this.observe();
      step = await this.nextStep(version, tended, observation, before, report);
    }
    return step.ending;
  }

  private async firstStep(observation: Observation, firstToken: TokenVersion | undefined): Promise<Step> {
    if (observation.kind !== 'open') return over(observation);
    const { services } = observation;
    const stray = this.props.services.find((service) => services.length > 0 && !services.includes(service));
    if (stray !== undefined) return { ending: ending('wrong-service', `The local proxy asks for ${stray}; the tunnel was opened for ${services.join(', ')}.`) };
    const taken = await this.ports.takenPort();
    if (taken !== undefined) return { ending: ending('port-taken', `Somebody listens on ${taken} already.`) };
    const version = firstToken ?? await this.feed.current();
    if (version) return { version };
    if (observation.source.status === 'CONNECTED' && !this.takeOver) return { ending: ending('in-use') };
    this.props.log('info', 'There is no token yet; asking the rotator for one.');
    return this.fresh(undefined);
  }

  private async nextStep(
    version: TokenVersion, { end, lastWords }: Tended, observation: Observation, before: SourceSide | undefined, report: Promise<void> | undefined,
  ): Promise<Step> {
    const { policy, log } = this.props;
    const verdict = judge(end, observation, before);
    if (verdict.kind === 'over') {
      return { ending: ending(verdict.ending, ...advice(end.notStarted), ...(verdict.ending === 'port-taken' ? complaint({ end, lastWords }) : [])) };
    }
    if (end.connected) this.progress.dropped();
    if (verdict.kind === 'contested') {
      const resolved = await this.whileContested();
      if (resolved) return resolved;
    }
    this.failures = wasFruitful(end, policy.stable) ? 0 : this.failures + 1;
    if (this.failures >= policy.maxFailures) return { ending: ending('child-failing', ...complaint({ end, lastWords })) };
    // A spent token is no failure of the command, as long as it isn't the rule.
    if (this.failures > (verdict.kind === 'failed' ? 0 : 1)) await this.pauseAfterFailure({ end, lastWords });
    if (verdict.kind === 'failed') return { version };

    log('info', 'The token is spent; asking the rotator for a fresh one.');
    return this.fresh(version, report);
  }

  private async fresh(spent: TokenVersion | undefined, report?: Promise<void>): Promise<Step> {
    const next = await this.feed.next(spent, report);
    return 'version' in next ? next : over(next.over);
  }

  private async runChild(version: TokenVersion, before: SourceSide | undefined): Promise<Tended> {
    const { tunnelId, policy, log, abort } = this.props;
    try {
      return await tend(version, before, {
        ...this.ports, tunnelId, policy, log, abort, progress: this.progress,
        launched: (child) => { this.running = child; },
        // Once is enough: two who insist would throw each other out for ever.
        connected: () => { this.takeOver = false; },
      });
    } finally {
      this.running = undefined;
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

  /** A child that cannot listen would only spend its token, so it is not started before its place is free. */
  private async placeToListen(): Promise<Ending | undefined> {
    for (let attempt = 0; ; attempt++) {
      const taken = await this.ports.takenPort();
      if (taken === undefined) return undefined;
      if (attempt + 1 >= this.props.policy.maxFailures) return ending('port-taken', `Somebody listens on ${taken} already.`);
      this.props.log('warn', `Somebody listens on ${taken}, where the local proxy wants to.`);
      await this.pause(attempt + 1);
    }
  }

  private async pauseAfterFailure(tended: Tended): Promise<void> {
    const { policy, log } = this.props;
    log('warn', `The local proxy ended before it could serve the tunnel (${this.failures} of ${policy.maxFailures}).`);
    if (this.failures === 1) complaint(tended).forEach((line) => log('warn', line));
    await this.pause(this.failures);
  }

  private async pause(failures: number): Promise<void> {
    const { policy, abort } = this.props;
    const { clock, random } = this.ports;
    const wait = pause(policy.restart, failures - 1, random);
    this.progress.enter({ state: 'pausing', failures, until: clock.now() + wait });
    await clock.sleep(wait, abort);
    abort.throwIfAborted();
  }

  private async observe(tries?: number): Promise<Observation> {
    const observation = await this.patience.call((abort) => this.ports.tunnels.describe(this.props.tunnelId, abort), tries);
    if (observation.kind === 'open') this.progress.expiresAt = observation.expiresAt;
    return observation;
  }

  private waiting(asked: number): void {
    if (asked === 1) this.waitingSince = this.ports.clock.now();
    this.progress.enter({ state: 'waiting', asked, since: this.waitingSince });
  }
}

function complaint({ end, lastWords }: Tended): string[] {
  const how = end.signal ? `by ${end.signal}` : `with exit code ${end.code}`;
  return [`The local proxy ended ${how}. Its last words:`, ...lastWords.map((line) => `  ${line}`)];
}

function advice(notStarted: string | undefined): string[] {
  return notStarted ? [`The system said ${notStarted}. Is the command installed, executable and on your PATH?`] : [];
}

function over(observation: Observation): { ending: Ending } {
  switch (observation.kind) {
    case 'unknown': return { ending: ending('unknown-tunnel') };
    case 'closed': case 'expired': return { ending: ending(observation.kind) };
    case 'open': throw new Error('an open tunnel is not over');
  }
}
