import type { EventEmitter } from 'node:events';

/** What the command meets outside; a test brings its own. */
export interface World {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** For machines: states, with `--json`. */
  readonly stdout: NodeJS.WritableStream;
  /** For a person: news and status. */
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** Who emits SIGINT, SIGTERM and SIGHUP: `process`. */
  readonly signals: Pick<EventEmitter, 'on' | 'off'>;
  readonly now: () => number;
}
