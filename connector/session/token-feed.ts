import { AwsCallError } from './failures';
import type { Patience } from './patience';
import { pause, type Policy } from './pauses';
import type { Ports } from './ports';
import type { Observation, TokenVersion } from './vocabulary';

export interface TokenFeedProps extends Pick<Ports, 'secrets' | 'signals' | 'clock' | 'random'> {
  readonly tunnelId: string;
  readonly policy: Policy;
  readonly patience: Patience;
  readonly abort: AbortSignal;
  /** Looks at the tunnel. */
  readonly observe: () => Promise<Observation>;
  /** A signal was sent, so many by now. */
  readonly asked: (times: number) => void;
}

/** A fresh token, or the news that none will come. */
export type Next = { readonly version: TokenVersion } | { readonly over: Observation };

/** After so many signals the rotator should have made a secret, if there was none. */
const ASK_BEFORE_INSISTING = 2;

/** Gets each version of the tunnel's token once. */
export class TokenFeed {
  /** Version ids that were handed out. A read may be stale, and an old token would be refused. */
  private readonly used = new Set<string>();

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
    const id = version?.proof?.reveal();
    if (id === undefined || this.used.has(id)) return undefined;
    this.used.add(id);
    return version;
  }

  /**
   * Asks the rotator for a fresh token and waits until it is there. Any signal may be lost, so it is repeated; and the tunnel
   * may end meanwhile, so it is looked at before each repetition.
   *
   * @param spent what was used last; undefined if there was nothing
   * @param report that it is spent, if that was sent already
   */
  async next(spent: TokenVersion | undefined, report?: Promise<void>): Promise<Next> {
    const { clock, random, policy, abort } = this.props;
    for (let asked = 0; ; asked++) {
      if (asked > 0) {
        const observation = await this.props.observe();
        if (observation.kind !== 'open') return { over: observation };
      }
      const insist = asked >= ASK_BEFORE_INSISTING;
      const version = await this.current(insist); // somebody else may have noticed the drop before us
      if (version) return { version };
      if (asked === 0 && report) await report;
      else await this.ask(spent, asked);
      this.props.asked(asked + 1);
      const askAgainAt = clock.now() + pause(policy.askAgain, asked, random);
      for (let look = 0; clock.now() < askAgainAt; look++) {
        await clock.sleep(Math.min(pause(policy.poll, look, random), askAgainAt - clock.now()), abort);
        const fresh = await this.current(insist);
        if (fresh) return { version: fresh };
      }
    }
  }

  /** Tells the rotator at once, without a look at anything. */
  report(spent: TokenVersion): Promise<void> {
    const report = this.ask(spent, 0);
    report.catch(() => undefined); // whoever awaits it hears of it
    return report;
  }

  private async ask(spent: TokenVersion | undefined, asked: number): Promise<void> {
    const { signals, tunnelId, patience } = this.props;
    if (spent) await patience.call((abort) => signals.disconnected(tunnelId, spent.proof, abort));
    // A drop that nobody can prove may look like a token that was never used; then only a request helps.
    if (!spent || (!spent.proof && asked > 0)) await patience.call((abort) => signals.tokenRequest(tunnelId, abort));
  }
}

function mayBeAbsent(error: unknown): boolean {
  return error instanceof AwsCallError && error.kind === 'access-denied' && error.permission.action === 'secretsmanager:GetSecretValue';
}
