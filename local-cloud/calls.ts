import { EventEmitter, once } from 'node:events';
import type { Principal } from './iam/principals';
import { remember } from './journal';
import type { Call, Need } from './service';

/** One API call as the log keeps it: who, what and how it ended, never what it said. */
export interface CallRecord {
  readonly requestId: string;
  readonly service: string;
  readonly action: string;
  /** A function's name, that of a role's session, `user`, or the AWS service that acted by itself (`events.amazonaws.com`). */
  readonly caller: string;
  /** Instance of the function that called. */
  readonly instance?: string;
  readonly role?: string;
  /** The rule, schedule or mapping that an AWS service acted for. */
  readonly sourceArn?: string;
  /** ARNs that the call was about. */
  readonly resources: readonly string[];
  /** What the caller's role had to allow, with the condition keys that the service adds. */
  readonly needs: readonly Permission[];
  readonly startedAt: number;
  /** HTTP status; 0 while the call runs, or for ever if it was never answered. */
  readonly status: number;
  /** AWS error code. */
  readonly error?: string;
  readonly message?: string;
  /** Milliseconds. */
  readonly duration?: number;
}

export type Permission = Pick<Need, 'action' | 'resource' | 'context'>;

export interface InterceptedCall extends Call {
  readonly caller: string;
  readonly instance?: string;
}

/**
 * Stands between a call and its action. `proceed` executes it and gives its result, which is answered when the interceptor
 * returns. So code before `proceed` runs before the call has any effect, code after it when the effect is there and the
 * caller doesn't know yet. What it throws is answered instead (an `AwsError` in AWS's shape, `ConnectionLost` and `Unanswered`
 * not at all).
 */
export type Interceptor = (call: InterceptedCall, proceed: () => Promise<object>) => Promise<object>;

/** Thrown by an interceptor: the caller's connection is cut, and no answer comes. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** Thrown by an interceptor: no answer comes, and the connection stays open until the caller gives up. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

/** Which calls: all fields given must match. */
export interface CallFilter {
  readonly service?: string;
  readonly action?: string;
  readonly caller?: string;
}

/** A call that was stopped on its way. */
export interface Barrier {
  /** Resolves when a call stands at the barrier. */
  readonly reached: Promise<InterceptedCall>;
  /** Lets the call go on. */
  release(): void;
  /** Answers the call with this error instead. */
  fail(error: Error): void;
}

/** Every API call that reached the local cloud, and the place to step in between. */
export class Calls {
  private readonly log: CallRecord[] = [];
  private readonly interceptors = new Set<Interceptor>();
  private readonly ended = new EventEmitter();

  constructor() {
    this.ended.setMaxListeners(0);
  }

  get records(): readonly CallRecord[] {
    return this.log;
  }

  /** Calls that a role did not allow. An end-to-end test expects none. */
  get denied(): readonly CallRecord[] {
    return this.log.filter(({ error }) => error === 'AccessDeniedException' || error === 'AccessDenied');
  }

  find(filter: CallFilter): CallRecord[] {
    return this.log.filter((record) => matches(record, filter));
  }

  /** Resolves with the first call of this kind that ends from now on. */
  async next(filter: CallFilter): Promise<CallRecord> {
    for (;;) {
      const [record] = await once(this.ended, 'call') as [CallRecord];
      if (matches(record, filter)) return record;
    }
  }

  /** Tells of every call that ends. */
  onEnd(listener: (record: CallRecord) => void): void {
    this.ended.on('call', listener);
  }

  /** @returns what removes the interceptor. The last one added stands outermost. */
  intercept(interceptor: Interceptor): () => void {
    this.interceptors.add(interceptor);
    return () => this.interceptors.delete(interceptor);
  }

  /** Stops the next call of this kind, once: `before` its action runs, or `after` it ran but before it is answered. */
  hold(filter: CallFilter, moment: 'before' | 'after'): Barrier {
    let arrive!: (call: InterceptedCall) => void;
    let release!: () => void;
    let fail!: (error: Error) => void;
    const reached = new Promise<InterceptedCall>((resolve) => { arrive = resolve; });
    const released = new Promise<void>((resolve, reject) => { [release, fail] = [resolve, reject]; });
    released.catch(() => undefined); // may fail before anybody waits
    const remove = this.intercept(async (call, proceed) => {
      if (!matches(call, filter)) return proceed();
      remove();
      const result = moment === 'after' ? await proceed() : undefined;
      arrive(call);
      await released;
      return result ?? proceed();
    });
    return { reached, release, fail };
  }

  /** Runs `action` through the interceptors that stand there now. */
  run(call: InterceptedCall, action: () => Promise<object>): Promise<object> {
    return [...this.interceptors].reduce<() => Promise<object>>(
      (proceed, interceptor) => async () => interceptor(call, proceed), action)();
  }

  /** Opens a record; the function returned closes it. */
  begin(call: Call, principal: Principal, needs: readonly Need[], now: () => number) {
    const record: Writable<CallRecord> = {
      requestId: call.requestId, service: call.service, action: call.action, ...describe(principal),
      resources: needs.map(({ resource }) => resource),
      needs: needs.map(({ action, resource, context }) => ({ action, resource, context })), startedAt: now(), status: 0,
    };
    remember(this.log, record);
    return (status: number, error?: { code: string; message: string }) => {
      Object.assign(record, { status, duration: now() - record.startedAt, ...(error && { error: error.code, message: error.message }) });
      this.ended.emit('call', record);
    };
  }
}

/** One line for people. */
export function describeCall({ caller, service, action, status, error, duration }: CallRecord): string {
  return `${caller} -> ${service}.${action} ${status || 'unanswered'}${error ? ` ${error}` : ''} (${duration} ms)`;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function describe(principal: Principal): Pick<CallRecord, 'caller' | 'instance' | 'role' | 'sourceArn'> {
  switch (principal.kind) {
    case 'user': return { caller: 'user' };
    case 'function': return { caller: principal.functionName, instance: principal.instance, role: principal.role.name };
    case 'session': return { caller: principal.name, role: principal.role.name };
    case 'service': return { caller: principal.name, role: principal.role?.name, sourceArn: principal.sourceArn };
  }
}

const matches = (call: { service: string; action: string; caller: string }, filter: CallFilter) =>
  (Object.keys(filter) as (keyof CallFilter)[]).every((key) => filter[key] === undefined || call[key] === filter[key]);
