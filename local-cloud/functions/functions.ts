import { EventEmitter, once } from 'node:events';
import { ConnectionLost } from '../calls';
import { remember } from '../journal';
import type { InvocationResult } from './instance';
import type { Invocation, LambdaFunction } from './lambda-function';

/** The functions, seen from outside: look, invoke, kill. */
export class Functions {
  /** Every invocation that ended, in that order. */
  readonly invocations: Invocation[] = [];
  private readonly ended = new EventEmitter();

  /** @param all functions, of every account and region */
  constructor(private readonly all: () => readonly LambdaFunction[]) {
    this.ended.setMaxListeners(0);
  }

  get names(): string[] {
    return this.all().map(({ name }) => name);
  }

  /**
   * @param name the physical name, or a part that only one function's name has
   * @throws Error if there is none, or more than one
   */
  get(name: string): LambdaFunction {
    const all = this.all();
    const similar = all.filter((each) => each.name.includes(name));
    const found = all.find((each) => each.name === name) ?? (similar.length === 1 ? similar[0] : undefined);
    if (!found) throw new Error(`${similar.length} functions are called like '${name}'; there are ${this.names.join(', ') || 'none'}`);
    return found;
  }

  /** Runs a function and waits for its result, past queues and permissions. */
  invoke(name: string, event: unknown = {}): Promise<InvocationResult> {
    return this.get(name).invoke(event);
  }

  /** Really kills one instance (as `CallRecord.instance` names it), wherever it stands. Resolves when the process is gone. */
  async kill(instance: string): Promise<void> {
    await this.get(instance.slice(0, instance.lastIndexOf('/'))).kill(instance);
  }

  /**
   * For an interceptor of calls: the function instance that makes the call dies over it.
   *
   * @throws ConnectionLost when the process is gone: it hears no answer
   */
  async dieOver(instance: string): Promise<never> {
    await this.kill(instance);
    throw new ConnectionLost('its caller was killed');
  }

  /** Resolves with the first invocation of this function that ends from now on; all that it wrote is in the logs then. */
  async next(name: string): Promise<Invocation> {
    const { name: wanted } = this.get(name);
    for (;;) {
      const [invocation] = await once(this.ended, 'invocation') as [Invocation];
      if (invocation.functionName === wanted) return invocation;
    }
  }

  /** Tells of every invocation that ends. */
  onEnd(listener: (invocation: Invocation) => void): void {
    this.ended.on('invocation', listener);
  }

  record(invocation: Invocation): void {
    remember(this.invocations, invocation);
    this.ended.emit('invocation', invocation);
  }
}
