import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Why an invocation has no result, in Lambda's words. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

export type InvocationResult =
  | { readonly kind: 'succeeded'; readonly payload: unknown }
  /** `atStart`: the handler could not be loaded, and it would be no better the next time. */
  | { readonly kind: 'failed'; readonly error: FunctionError; readonly atStart?: boolean };

export interface InstanceSettings {
  readonly id: string;
  /** Everything that the process finds in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly functionArn: string;
  /** Milliseconds that the cloud's clock is ahead of the system's, or of `stoppedAt`. */
  readonly ahead: number;
  /** The clock stands at this moment, in epoch milliseconds. @default it runs */
  readonly stoppedAt?: number;
  readonly log: (requestId: string | undefined, text: string) => void;
}

type Answer =
  | { type: 'ready' } | { type: 'failed-start'; error: FunctionError } | { type: 'clock-set' }
  | { type: 'done'; id: string; payload: unknown } | { type: 'failed'; id: string; error: FunctionError };

/** One function instance: a child process, so that a kill is real. */
export class Instance {
  readonly id: string;
  busy = false;
  /** Resolves when the handler is loaded, with what went wrong if it could not be. */
  readonly started: Promise<FunctionError | undefined>;
  /** Resolves when the process is gone and all that it wrote is read. */
  readonly gone: Promise<void>;
  private readonly child: ChildProcess;
  private requestId: string | undefined;
  private marks = 0;
  private marked: (() => void) | undefined;
  private killedBecause: FunctionError | undefined;

  constructor(private readonly settings: InstanceSettings) {
    this.id = settings.id;
    this.child = fork(path.join(__dirname, 'instance-main.cjs'), [String(settings.ahead), String(settings.stoppedAt ?? '')], {
      cwd: settings.directory,
      env: { ...settings.environment },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const ended = [this.read(this.child.stdout!), this.read(this.child.stderr!)];
    const exited = new Promise<void>((resolve) => {
      this.child.once('exit', () => resolve());
      // It could not even be started.
      this.child.once('error', ({ message }) => {
        this.killedBecause ??= { errorType: 'Runtime.StartError', errorMessage: message };
        resolve();
      });
    });
    this.gone = exited.then(() => Promise.all(ended)).then(() => undefined);
    this.started = Promise.race([
      this.answer((answer) => answer.type === 'ready' || answer.type === 'failed-start'),
      this.gone.then(() => undefined),
    ]).then((answer) => {
      if (answer === undefined) return this.exitError();
      return answer.type === 'failed-start' ? answer.error : undefined;
    });
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.killedBecause === undefined;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Runs one invocation to its end, or to the end of the process. */
  async invoke(requestId: string, event: unknown, deadline: number): Promise<InvocationResult> {
    this.requestId = requestId;
    const written = new Promise<void>((resolve) => { [this.marks, this.marked] = [0, resolve]; });
    const answered = this.answer((answer) => 'id' in answer && answer.id === requestId);
    if (this.alive) this.child.send({ type: 'invoke', id: requestId, event, deadline, functionArn: this.settings.functionArn }, () => undefined);
    const answer = await Promise.race([answered, this.gone.then(() => undefined)]);
    if (answer) await Promise.race([written, this.gone]);
    this.requestId = undefined;
    if (answer?.type === 'done') return { kind: 'succeeded', payload: answer.payload };
    if (answer?.type === 'failed') return { kind: 'failed', error: answer.error };
    return { kind: 'failed', error: this.exitError() };
  }

  async setClock(ahead: number): Promise<void> {
    if (!this.alive) return;
    const set = this.answer(({ type }) => type === 'clock-set');
    this.child.send({ type: 'clock', ahead }, () => undefined);
    await Promise.race([set, this.gone]);
  }

  /** SIGKILL, as Lambda ends an instance at its timeout. Resolves when the process is gone. */
  async kill(because: FunctionError = { errorType: 'Runtime.Killed', errorMessage: 'the instance was killed' }): Promise<void> {
    this.killedBecause ??= because;
    this.child.kill('SIGKILL');
    await this.gone;
  }

  private exitError(): FunctionError {
    return this.killedBecause ?? {
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${this.requestId ?? 'none'} Error: Runtime exited with ${this.child.signalCode ?? `error: exit status ${this.child.exitCode}`}`,
    };
  }

  private answer(wanted: (answer: Answer) => boolean): Promise<Answer> {
    return new Promise((resolve) => {
      const listener = (answer: Answer) => {
        if (!wanted(answer)) return;
        this.child.off('message', listener);
        resolve(answer);
      };
      this.child.on('message', listener);
    });
  }

  private async read(stream: Readable): Promise<void> {
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
      if (line.startsWith('\u0000')) {
        this.marks += 1;
        if (this.marks === 2) this.marked?.();
      } else {
        this.settings.log(this.requestId, line);
      }
    }
  }
}
