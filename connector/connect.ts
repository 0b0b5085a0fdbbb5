import { TUNNEL_ID } from '../lib/runtime-contract';
import type { ConnectOptions } from './connect-options';
import { parseMappings } from './proxy/mapping';
import type { Ending } from './session/endings';
import { UsageError } from './session/failures';
import { States } from './session/states';
import type { State } from './session/vocabulary';
import { Sessions } from './sessions';

export type { ConnectOptions };

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
  const sessions = new Sessions(options, states, stopping.signal);
  const ended = sessions.run();
  const stop = () => {
    stopping.abort();
    return ended;
  };
  return {
    ended,
    stop,
    kill: () => {
      sessions.kill();
      return stop();
    },
    [Symbol.asyncIterator]: () => states.read(stop),
  };
}

/** One way to carry bytes, and only one. */
function checkProxy({ command = [], proxy = {} }: ConnectOptions): void {
  const mappings = parseMappings(proxy.services ?? []);
  const builtIn = mappings.length > 0 || proxy.connection !== undefined;
  if (command.length > 0 && builtIn) throw new UsageError('-s and --stdio go with the built-in proxy, not with a command behind --.');
  if (command.length > 0 || builtIn) return;
  throw new UsageError('There is no port to listen on. Use -s, for example -s SSH=5555, or put another local proxy behind --.');
}
