import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Confidential } from '../../lib/confidential';
import type { ClientTokens } from './client-tokens';
import { ClueFinder, RedactedLines } from './output';
import type { Child, ChildEvents, Clock, Launch } from '../session/ports';
import { endGroup, signalGroup } from './process-group';
import { CLIENT_TOKEN_VARIABLE } from './settings';
import type { ChildEnd, Clues } from '../session/vocabulary';

/** Where the local proxy looks for its token: the only way that shows in no process listing. */
export const TOKEN_VARIABLE = 'AWSIOT_TUNNEL_ACCESS_TOKEN';

const LAST_WORDS = 20;
const LONGEST_WORD = 500;
/** Somebody who left the group may hold the pipes open for ever; we listen for so long. */
const DRAIN = 250;

export interface ProxyProcessProps {
  readonly command: readonly string[];
  /** What the command gets beside the token. */
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds between SIGTERM and SIGKILL. */
  readonly grace: number;
  /** What lets it come back with the same token after a cut. @default - nothing */
  readonly clientToken?: ClientTokens;
  readonly clock: Clock;
}

/**
 * Starts the command as the leader of a process group of its own: a terminal's Ctrl-C reaches us alone, and what the command
 * started goes with it. If this process exits for whatever reason that still runs code, the group is killed.
 */
export function proxyLauncher({ command: [file, ...args], env, grace, clock, clientToken }: ProxyProcessProps): Launch {
  return (token, on) => {
    const client = clientToken?.(token);
    let child: ChildProcess;
    try {
      child = spawn(file, args, {
        env: { ...env, [TOKEN_VARIABLE]: token.reveal(), [CLIENT_TOKEN_VARIABLE]: client },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
    } catch (error) {
      return stillborn(error as NodeJS.ErrnoException);
    }
    return supervise(child, listen(child, token, on), grace, clock);
  };
}

function supervise(child: ChildProcess, ears: Ears, grace: number, clock: Clock): Child {
  const { pid: leader } = child;
  const startedAt = clock.now();
  let over = false;
  let stopping: Promise<void> | undefined;
  const kill = () => void (leader !== undefined && !over && signalGroup(leader, 'SIGKILL'));

  async function untilOver(): Promise<ChildEnd> {
    if (leader === undefined) {
      const [error] = await once(child, 'error') as [NodeJS.ErrnoException];
      return notStarted(error);
    }
    process.once('exit', kill);
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once('exit', (...end) => resolve(end));
    });
    const lived = clock.now() - startedAt;
    // A wrapper may be gone while what it wrapped still runs.
    await (stopping ?? endGroup(leader, grace, clock));
    over = true;
    process.off('exit', kill);
    await ears.drained();
    return { code, signal, ...ears.clues(), lived };
  }

  return {
    pid: leader,
    ended: untilOver(),
    lastWords: () => ears.words,
    stop: () => void (leader !== undefined && !over && (stopping ??= endGroup(leader, grace, clock))),
    kill,
  };
}

interface Ears {
  readonly words: readonly string[];
  clues(): Clues;
  /** Resolves when there is nothing more to hear. */
  drained(): Promise<void>;
}

function listen({ stdout, stderr }: ChildProcess, token: Confidential, on: ChildEvents): Ears {
  const words: string[] = [];
  const finder = new ClueFinder();
  let listened = false;
  const heard = ([stdout, stderr] as Readable[]).map((stream) => {
    const lines = new RedactedLines(token.reveal(), (line) => {
      words.push(line.length > LONGEST_WORD ? `${line.slice(0, LONGEST_WORD)}…` : line);
      if (words.length > LAST_WORDS) words.shift();
      const sign = finder.read(line);
      listened ||= sign === 'listening';
      // Once it listens it goes on listening: a connection that it gets back by itself is all it needs.
      if (sign === 'listening' || (sign === 'established' && listened)) on.connected();
      if (sign === 'lost') on.reconnecting();
      on.line(line);
    });
    stream.setEncoding('utf8').on('data', (text: string) => lines.push(text)).on('error', () => undefined);
    return new Promise<void>((resolve) => stream.once('close', () => {
      lines.end();
      resolve();
    }));
  });
  return {
    words,
    clues: () => finder.clues,
    async drained() {
      const patience = new AbortController();
      await Promise.race([Promise.all(heard), delay(DRAIN, undefined, { signal: patience.signal }).catch(() => undefined)]);
      patience.abort();
      stdout!.destroy();
      stderr!.destroy();
    },
  };
}

/** There never was a process. */
function stillborn(error: NodeJS.ErrnoException): Child {
  return { pid: undefined, ended: Promise.resolve(notStarted(error)), lastWords: () => [], stop: () => undefined, kill: () => undefined };
}

function notStarted({ code = 'UNKNOWN' }: NodeJS.ErrnoException): ChildEnd {
  return { code: null, signal: null, notStarted: code, connected: false, goodbye: false, portTaken: false, lived: 0 };
}
