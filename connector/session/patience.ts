import { AwsCallError } from './failures';
import { type Growth, pause } from './pauses';
import type { Clock } from './ports';
import type { Progress } from './progress';
import type { Log } from './vocabulary';

export interface PatienceProps {
  readonly retry: Growth;
  readonly clock: Clock;
  /** Nobody can mend the credentials while we wait. */
  readonly fixedCredentials: boolean;
  readonly random: () => number;
  readonly log: Log;
  /** Shows whether AWS can be reached. */
  readonly progress: Pick<Progress, 'offline' | 'online'>;
  readonly abort: AbortSignal;
}

/** Calls AWS again, with growing pauses, while the network or the credentials are away: that is when sessions drop. */
export class Patience {
  constructor(private readonly props: PatienceProps) {}

  /**
   * @param tries after so many the failure is final; missing credentials are final at once then. @default - never; but credentials that
   *   cannot change get a few tries only
   * @throws AwsCallError as soon as there is no point in trying again; an AbortError when aborted
   */
  async call<T>(run: (abort: AbortSignal) => Promise<T>, tries = Infinity): Promise<T> {
    const { retry, clock, random, log, abort, progress, fixedCredentials } = this.props;
    for (let attempt = 0; ; attempt++) {
      abort.throwIfAborted();
      try {
        const answer = await run(abort);
        progress.online();
        return answer;
      } catch (error) {
        abort.throwIfAborted();
        if (!(error instanceof AwsCallError) || !passing(error, tries)) throw error;
        if (attempt + 1 >= (error.kind === 'credentials' && fixedCredentials ? FIXED_CREDENTIALS_TRIES : tries)) throw error;
        if (error.kind === 'unreachable') progress.offline();
        const wait = pause(retry, attempt, random);
        const { kind, code, permission } = error;
        log('warn', `${ADVICE[kind as keyof typeof ADVICE]} (${permission.action}: ${code}). Trying again in ${(wait / 1_000).toFixed(1)} s.`);
        await clock.sleep(wait, abort);
      }
    }
  }
}

/** AWS may be wrong once. */
const FIXED_CREDENTIALS_TRIES = 3;

const ADVICE = {
  unreachable: 'AWS does not answer',
  busy: 'AWS is busy',
  credentials: 'AWS does not accept the credentials any more; log in again, or renew your keys. This session waits',
};

function passing({ kind }: AwsCallError, tries: number): boolean {
  return kind === 'unreachable' || kind === 'busy' || (kind === 'credentials' && tries === Infinity);
}
