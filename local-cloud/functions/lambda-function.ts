import { randomUUID } from 'node:crypto';
import type { Activity } from '../activity';
import { systemClock, type Clock } from '../clock';
import type { Principal, PrincipalRegistry } from '../iam/principals';
import type { Role } from '../iam/roles';
import { isRecord } from '../inputs';
import type { Place } from '../place';
import { Instance, type FunctionError, type InvocationResult } from './instance';
import type { Logs } from './logs';

/** What the template says of a function. */
export interface FunctionSettings {
  readonly name: string;
  /** Directory of the unpacked bundle. */
  readonly directory: string;
  readonly handler: string;
  readonly runtime: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly timeout: number;
  /** Megabytes; told to the function, not enforced. */
  readonly memory: number;
  readonly role: Role;
  readonly logGroup: string;
  /** At most so many instances. */
  readonly concurrency?: number;
}

export interface FunctionHost {
  readonly place: Place;
  readonly clock: Clock;
  readonly logs: Logs;
  readonly principals: PrincipalRegistry;
  readonly endpoint: () => string;
  readonly activity: Activity;
  /** Milliseconds that functions' clocks are ahead of the system's, or of `stoppedAt`. */
  readonly ahead: () => number;
  /** Functions' clocks stand at this moment, in epoch milliseconds. @default they run */
  readonly stoppedAt?: number;
  /** Told of every start: the place to check what Lambda itself needs of the role. */
  readonly starting: (principal: Principal, logGroup: string) => void;
  /** Told of every instance that cannot load its handler. */
  readonly startFailed: (functionName: string, error: FunctionError) => void;
  /** Told of every invocation when it has ended and all that it wrote is in the logs. */
  readonly invoked: (invocation: Invocation) => void;
}

/** What an invocation came to, for those who watch. */
export interface Invocation {
  readonly requestId: string;
  readonly functionName: string;
  readonly instance: string;
  readonly startedAt: number;
  readonly duration: number;
  readonly error?: FunctionError;
  /** Ids of the messages that a queue handed to it. */
  readonly messageIds: readonly string[];
}

/** Lambda gives an instance ten seconds to load its handler; this machine may have more to do. What hangs is given up all the same. */
const START_LIMIT = 60_000;
/** This machine is no data center; more invocations wait for a free instance. */
const MOST_INSTANCES = 20;

/** A function and its instances: reused when idle, one invocation at a time, several under concurrency. */
export class LambdaFunction {
  private readonly instances = new Set<Instance>();
  private readonly outdated = new WeakSet<Instance>();
  private waiting: (() => void)[] = [];
  private closed = false;

  constructor(private current: FunctionSettings, private readonly host: FunctionHost) {}

  get settings(): FunctionSettings {
    return this.current;
  }

  get name(): string {
    return this.settings.name;
  }

  get arn(): string {
    return this.host.place.arn('lambda', `function:${this.name}`);
  }

  /** Instances that run now, by id. */
  get running(): readonly { readonly id: string; readonly pid?: number; readonly busy: boolean }[] {
    return [...this.instances].filter(({ alive }) => alive);
  }

  /** What begins from now on has the new settings; an invocation under way ends with those that it began with. */
  async reconfigure(settings: FunctionSettings): Promise<void> {
    this.current = settings;
    for (const instance of this.instances) this.outdated.add(instance);
    await Promise.all([...this.instances].filter(({ busy }) => !busy).map((instance) => instance.kill()));
  }

  invoke(event: unknown): Promise<InvocationResult> {
    return this.host.activity.track(() => this.invokeNow(event));
  }

  private async invokeNow(event: unknown): Promise<InvocationResult> {
    const instance = await this.acquire();
    if (!instance) return { kind: 'failed', error: { errorType: 'Runtime.Closed', errorMessage: 'the local cloud is closing' } };
    const requestId = randomUUID();
    const startedAt = this.host.clock.now();
    const result = await this.run(instance, requestId, event);
    const error = result.kind === 'failed' ? result.error : undefined;
    this.release(instance);
    const duration = this.host.clock.now() - startedAt;
    this.host.invoked({ requestId, functionName: this.name, instance: instance.id, startedAt, duration, error, messageIds: messageIdsOf(event) });
    return result;
  }

  /** Really kills an instance, or all of them; resolves when they are gone. */
  async kill(id?: string): Promise<void> {
    const chosen = [...this.instances].filter((instance) => id === undefined || instance.id === id);
    await Promise.all(chosen.map((instance) => instance.kill()));
  }

  async setClock(ahead: number): Promise<void> {
    await Promise.all([...this.instances].map((instance) => instance.setClock(ahead)));
  }

  async close(): Promise<void> {
    this.closed = true;
    this.wake();
    await this.kill();
  }

  private async run(instance: Instance, requestId: string, event: unknown): Promise<InvocationResult> {
    const { clock } = this.host;
    const startTimeout = { errorType: 'Sandbox.StartTimeout', errorMessage: 'the handler did not load within 60 seconds' };
    // This machine's own time: a clock that is put forward makes nothing load faster.
    const tooSlow = systemClock.after(START_LIMIT, () => void instance.kill(startTimeout));
    const startError = await instance.started;
    tooSlow();
    if (startError) {
      await instance.kill();
      if (!this.closed) this.host.startFailed(this.name, startError);
      return { kind: 'failed', error: startError, atStart: true };
    }
    const { timeout } = this.settings;
    const deadline = clock.now() + timeout * 1000;
    const message = `${new Date(clock.now()).toISOString()} ${requestId} Task timed out after ${timeout.toFixed(2)} seconds`;
    const disarm = clock.after(timeout * 1000, () => {
      this.host.logs.write({ functionName: this.name, instance: instance.id, requestId, at: clock.now(), text: message });
      void instance.kill({ errorType: 'Sandbox.Timedout', errorMessage: message });
    });
    const result = await instance.invoke(requestId, event, deadline);
    disarm();
    return result;
  }

  private async acquire(): Promise<Instance | undefined> {
    for (;;) {
      if (this.closed) return undefined;
      const idle = [...this.instances].find((instance) => instance.alive && !instance.busy && !this.outdated.has(instance));
      const instance = idle ?? (this.instances.size < (this.settings.concurrency ?? MOST_INSTANCES) ? this.start() : undefined);
      if (instance) {
        instance.busy = true;
        return instance;
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private release(instance: Instance): void {
    instance.busy = false;
    if (this.outdated.has(instance)) void instance.kill();
    this.wake();
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resume of waiting) resume();
  }

  private start(): Instance {
    const id = `${this.name}/${randomUUID().slice(0, 8)}`;
    const { principals, logs, clock } = this.host;
    const principal: Principal = { kind: 'function', functionName: this.name, instance: id, role: this.settings.role };
    const credentials = principals.issue(principal);
    this.host.starting(principal, this.settings.logGroup);
    const instance: Instance = new Instance({
      id,
      directory: this.settings.directory,
      functionArn: this.arn,
      ahead: this.host.ahead(),
      stoppedAt: this.host.stoppedAt,
      log: (requestId, text) => logs.write({ functionName: this.name, instance: id, requestId, at: clock.now(), text }),
      environment: {
        ...this.settings.environment,
        ...this.reserved(id),
        AWS_ENDPOINT_URL: this.host.endpoint(),
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_SESSION_TOKEN: credentials.sessionToken,
      },
    });
    this.instances.add(instance);
    void instance.gone.then(() => {
      this.instances.delete(instance);
      this.wake();
    });
    return instance;
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
  private reserved(instance: string): Record<string, string> {
    const { name, handler, memory, runtime, directory, logGroup } = this.settings;
    return {
      _HANDLER: handler,
      _X_AMZN_TRACE_ID: 'Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0',
      AWS_REGION: this.host.place.region,
      AWS_DEFAULT_REGION: this.host.place.region,
      AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memory),
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
      AWS_LAMBDA_LOG_STREAM_NAME: instance,
      LAMBDA_TASK_ROOT: directory,
      LAMBDA_RUNTIME_DIR: directory,
      TZ: ':UTC',
      LANG: 'en_US.UTF-8',
      PATH: process.env.PATH ?? '',
    };
  }
}

function messageIdsOf(event: unknown): string[] {
  const records: unknown = isRecord(event) ? event.Records : undefined;
  return Array.isArray(records) ? records.flatMap((record) => (isRecord(record) && typeof record.messageId === 'string' ? [record.messageId] : [])) : [];
}
