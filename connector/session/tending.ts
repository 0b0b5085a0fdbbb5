import type { AwsCallError } from './failures';
import type { Policy } from './pauses';
import type { Child, Ports } from './ports';
import type { Progress } from './progress';
import { Vigil } from './vigil';
import type { ChildEnd, Log, Observation, SourceSide, TokenVersion } from './vocabulary';
import { watch } from './watch';

export interface TendingProps extends Pick<Ports, 'tunnels' | 'launch' | 'fixedCredentials' | 'clock' | 'random'> {
  readonly tunnelId: string;
  readonly policy: Policy;
  readonly progress: Progress;
  readonly log: Log;
  /** Ends the child gently. */
  readonly abort: AbortSignal;
  readonly launched: (child: Child) => void;
  /** Its first connection stands. */
  readonly connected: () => void;
}

export interface Tended {
  readonly end: ChildEnd;
  readonly lastWords: readonly string[];
}

/** Runs one child with one token until it ends, or until its connection or the tunnel does without its noticing. */
export async function tend(version: TokenVersion, before: SourceSide | undefined, props: TendingProps): Promise<Tended> {
  const { abort, log, progress, policy } = props;
  const over = new AbortController();
  const { generation } = version;
  const vigil = new Vigil({ before, progress, tireless: () => child.tireless ?? false, connected: () => ({ state: 'connected', generation, pid: child.pid }) });
  const child = props.launch(version.token, {
    connected: () => {
      const first = !vigil.wasConnected;
      vigil.childConnected();
      if (first) props.connected();
    },
    reconnecting: () => vigil.childReconnecting(),
    line: (line) => log('debug', `| ${line}`),
  });
  props.launched(child);

  const stop = () => {
    over.abort(); // nobody is surprised any more by what the service shows
    child.stop();
  };
  abort.addEventListener('abort', stop, { once: true });
  if (abort.aborted) stop();
  progress.enter({ state: 'starting', generation, pid: child.pid });

  void watch({ ...props, growth: policy.watch }, { saw, sawNothing: warner(props) }, over.signal);
  void complainLater();
  try {
    const end = await child.ended;
    return { end: { ...end, connected: end.connected || vigil.wasConnected }, lastWords: child.lastWords() };
  } finally {
    abort.removeEventListener('abort', stop);
    over.abort();
  }

  function saw(observation: Observation): boolean {
    progress.online();
    if (observation.kind !== 'open') {
      log('info', 'The tunnel is over; ending the local proxy.');
      stop();
      return false;
    }
    const first = !vigil.wasConnected;
    const sighting = vigil.look(observation.source);
    if (first && vigil.wasConnected) props.connected();
    if (sighting === 'dead') {
      log('info', 'The service shows the source disconnected, but the local proxy did not notice; ending it.');
      stop();
    }
    return sighting !== 'fine';
  }

  /** A proxy may try to connect for ever without a word to anybody but its log. */
  async function complainLater(): Promise<void> {
    await props.clock.sleep(policy.connecting, over.signal);
    if (over.signal.aborted || vigil.wasConnected) return;
    const complaint = complaintIn(child.lastWords());
    const says = complaint ? `The local proxy says: ${complaint}` : 'The local proxy says nothing.';
    log('warn', `Not connected after ${Math.round(policy.connecting / 1_000)} s. ${says}`);
  }
}

/** Says what hinders a look, once a spell. */
function warner({ progress, log, fixedCredentials }: TendingProps): (error: AwsCallError) => void {
  let warned = false;
  return (error) => {
    log('debug', `Could not look at the tunnel: ${error.message}`);
    if (error.kind === 'unreachable') progress.offline();
    if (error.kind !== 'credentials' || warned) return;
    warned = true;
    const remedy = fixedCredentials ? 'They stand in this environment and cannot change: start again with fresh ones' : 'Log in again, or renew your keys';
    log('warn', `AWS does not accept the credentials any more (${error.permission.action}: ${error.code}). `
      + `The connection stands, but after a drop it could not come back. ${remedy}.`);
  };
}

/** The last line that sounds like trouble, else the last one. */
function complaintIn(words: readonly string[]): string | undefined {
  return words.filter((line) => /error|fatal|warn|fail|could not|refused|certificate/i.test(line)).at(-1) ?? words.at(-1);
}
