import { AwsCallError } from './failures';
import type { Patience } from './patience';
import { interval, pause, type Policy } from './pauses';
import type { Ports } from './ports';
import type { Hold, Log, Observation, TokenVersion } from './vocabulary';

export interface TokenFeedProps extends Pick<Ports, 'secrets' | 'signals' | 'clock' | 'random'> {
  readonly tunnelId: string;
  readonly secretName: string;
  readonly policy: Policy;
  readonly patience: Patience;
  readonly log: Log;
  readonly abort: AbortSignal;
  /** Looks at the tunnel. */
  readonly observe: () => Promise<Observation>;
  /** A signal was sent, so many by now. */
  readonly asked: (times: number) => void;
  /** The rotator said why there is no token yet. */
  readonly held: (hold: Hold, times: number) => void;
}

/** A fresh token, or the news that none will come. */
export type Next = { readonly version: TokenVersion } | { readonly over: Observation };

/** After so many signals the rotator should have answered, however busy it is. */
const PATIENT_SIGNALS = 2;

/** Gets each version of the tunnel's token once. */
export class TokenFeed {
  /** Proofs of the versions that were handed out. A read may be stale, and an old token would be refused. */
  private readonly used = new Set<string>();
  /** Did any look find a secret? If not, it may be the wrong place to look. */
  private found = false;
  private absent = false;

  constructor(private readonly props: TokenFeedProps) {}

  /**
   * The version that lies in the secret now, unless it was handed out before.
   *
   * @param insist take a denial for a denial. To whoever may read some secrets only, AWS denies one that does not exist as well.
   */
  async current(insist = false): Promise<TokenVersion | undefined> {
    const { secrets, tunnelId, patience } = this.props;
    const version = await patience.call((abort) => secrets.current(tunnelId, abort)).catch((error: unknown) => {
      if (insist || !mayBeAbsent(error)) throw error;
      return undefined;
    });
    this.absent = version === undefined;
    this.found ||= !this.absent;
    const id = version?.proof?.reveal();
    if (id === undefined || this.used.has(id)) return undefined;
    this.used.add(id);
    return version;
  }

  /** Tells the rotator at once, without a look at anything. */
  report(spent: TokenVersion): Promise<void> {
    const report = this.ask(spent, 0);
    report.catch(() => undefined); // whoever awaits it hears of it
    return report;
  }

  /**
   * Asks the rotator for a fresh token and waits until it is there. Any signal may be lost, so it is repeated; and the tunnel
   * may end meanwhile, so it is looked at before each repetition.
   *
   * @param spent what was used last; undefined if there was nothing
   * @param report that it is spent, if that was sent already
   */
  async next(spent: TokenVersion | undefined, report?: Promise<void>): Promise<Next> {
    const { clock, random, policy } = this.props;
    let begun = clock.now();
    const old = this.hold(); // what was written before our signal is not about it
    for (let round = 0; ; round++) {
      if (round > 0) {
        const observation = await this.props.observe();
        if (observation.kind !== 'open') return { over: observation };
      }
      const insist = round >= PATIENT_SIGNALS;
      const version = await this.current(insist); // somebody else may have noticed the drop before us
      if (version) return { version };
      if (round === PATIENT_SIGNALS) this.explain();
      // Where nothing was ever found there may be nobody to hear us, or our answer lies elsewhere: another signal would only cost a token.
      if (round < PATIENT_SIGNALS || this.found) {
        await (report && round === 0 ? report : this.ask(spent, round));
        const hold = round > 0 ? await this.holdSince(await old) : undefined;
        if (hold) this.props.held(hold, round + 1);
        else this.props.asked(round + 1);
        begun = Math.max(begun, hold?.until ?? 0); // worth to look often again
      }
      const fresh = await this.lookUntil(clock.now() + pause(policy.askAgain, round, random), begun, insist);
      if (fresh) return { version: fresh };
    }
  }

  private async lookUntil(deadline: number, begun: number, insist: boolean): Promise<TokenVersion | undefined> {
    const { clock, policy, abort } = this.props;
    for (let lookedAt = clock.now(); ; ) {
      // From one look's beginning to the next one's, so that a slow answer does not make them rarer.
      const elapsed = lookedAt - begun;
      const next = elapsed < 0 ? Math.min(begun, lookedAt + interval(policy.poll, Infinity)) : lookedAt + interval(policy.poll, elapsed);
      await clock.sleep(Math.min(next, deadline) - clock.now(), abort);
      lookedAt = clock.now();
      if (lookedAt >= deadline) return undefined;
      const version = await this.current(insist);
      if (version) return version;
    }
  }

  private async ask(spent: TokenVersion | undefined, round: number): Promise<void> {
    const { signals, tunnelId, patience } = this.props;
    if (spent) await patience.call((abort) => signals.disconnected(tunnelId, spent.proof, abort));
    // A drop that nobody can prove may look like a token that was never used, and a proof of what is not there any more proves nothing.
    const unheard = round > 0 && (!spent?.proof || this.absent);
    if (!spent || unheard) await patience.call((abort) => signals.tokenRequest(tunnelId, abort));
  }

  private async holdSince(old: Hold | undefined): Promise<Hold | undefined> {
    const { abort, clock } = this.props;
    const hold = await this.hold();
    abort.throwIfAborted();
    if (!hold || (hold.until !== undefined && hold.until <= clock.now())) return undefined;
    // A hold that is not over yet holds for us too.
    return hold.until !== undefined || hold.at !== old?.at ? hold : undefined;
  }

  /** Best effort: no news is no failure. It hangs on the secret, so there is none where there is no secret. */
  private async hold(): Promise<Hold | undefined> {
    const { secrets, tunnelId, abort } = this.props;
    return this.found ? secrets.hold(tunnelId, abort).catch(() => undefined) : undefined;
  }

  private explain(): void {
    const { log, secretName } = this.props;
    const causes = this.found
      ? ['it drops too often, and the rotator holds back for some minutes', 'the rotator does not run', 'it does not hear us: is the topic prefix right?']
      : [`there is no secret ${secretName}: is the prefix right? It is the rotator's output SecretPrefix`,
        'no rotator runs in this account and region, or its scope leaves this tunnel out', 'it does not hear us: is the topic prefix right?'];
    log('warn', `Two signals brought no token.${this.found ? '' : ' Not asking any more, but still looking.'} What it may be:`);
    for (const cause of causes) log('warn', `  - ${cause}`);
    log('warn', '`tunnel-source doctor`, with the same options, looks closer.');
  }
}

function mayBeAbsent(error: unknown): boolean {
  return error instanceof AwsCallError && error.kind === 'access-denied' && error.permission.action === 'secretsmanager:GetSecretValue';
}
