import { PassThrough, type Readable } from 'node:stream';
import type { CallRecord, InterceptedCall } from '../calls';
import type { Clock } from '../clock';
import type { Invocation } from '../functions/lambda-function';
import type { LogLine } from '../functions/logs';
import { isRecord } from '../inputs';
import type { FeedEvent, Saying } from './feed-event';

const SAYINGS: Readonly<Record<keyof Saying, 'string' | 'number' | 'boolean'>> = {
  reason: 'string', side: 'string', via: 'string', withProof: 'boolean', recheckAfter: 'number', generation: 'number', recoveryTime: 'number', code: 'string',
};

/** So many events are kept for those who come later. */
const KEPT = 500;
/** Who reads so much more slowly than things happen is sent away; he may come back for what he missed. */
const MOST_WAITING = 262_144;

/** All that happens in a cloud, as server-sent events. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class EventFeed {
  private readonly kept: { readonly id: number; readonly text: string }[] = [];
  private readonly watchers = new Set<PassThrough>();
  private readonly listeners: ((event: FeedEvent & { readonly at: number }) => void)[] = [];
  private count = 0;

  constructor(private readonly clock: Clock) {}

  /** Begins with what is kept of the events after `lastId`, and goes on until the reader leaves. */
  watch(lastId = 0): Readable {
    const watcher = new PassThrough({ highWaterMark: MOST_WAITING });
    this.watchers.add(watcher);
    watcher.once('close', () => this.watchers.delete(watcher));
    watcher.write(`retry: 1000\n\n${this.kept.filter(({ id }) => id > lastId).map(({ text }) => text).join('')}`);
    return watcher;
  }

  /** Tells of every event from now on. */
  onEvent(listener: (event: FeedEvent & { readonly at: number }) => void): void {
    this.listeners.push(listener);
  }

  publish(told: FeedEvent): void {
    const id = ++this.count;
    const event = { at: this.clock.now(), ...told };
    for (const listener of this.listeners) listener(event);
    const text = `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
    this.kept.push({ id, text });
    if (this.kept.length > KEPT) this.kept.shift();
    for (const watcher of this.watchers) {
      if (watcher.readableLength > MOST_WAITING) watcher.destroy();
      else watcher.write(text);
    }
  }

  readonly call = ({ service, action, status, resources: [resource = ''], caller: by }: CallRecord): void => {
    if (status !== 200) return;
    const name = resource.split(':').slice(5).join(':');
    if (service === 'iotsecuretunneling' && action === 'RotateTunnelAccessToken') this.publish({ type: 'rotated', tunnelId: name.replace('tunnel/', ''), by });
    if (service === 'secretsmanager' && /^(CreateSecret|PutSecretValue)$/.test(action)) {
      this.publish({ type: 'delivered', secret: name.replace(/^secret:/, '').replace(/-\w{6}$/, ''), by });
    }
  };

  /** Stands between a call and its action: what a message is about stands in the message alone. */
  readonly signal = async ({ service, action, input, caller: by }: InterceptedCall, proceed: () => Promise<object>): Promise<object> => {
    const result = await proceed();
    if (service !== 'sqs' || !action.startsWith('SendMessage')) return result;
    const queue = String(input.QueueUrl).split('/').at(-1)!;
    const entries = Array.isArray(input.Entries) ? input.Entries.filter(isRecord) : [input];
    for (const { MessageBody } of entries) this.publish({ type: 'signalled', queue, by, ...tunnelIn(String(MessageBody)) });
    return result;
  };

  readonly invocation = ({ functionName, duration, error }: Invocation): void =>
    this.publish({ type: 'invoked', functionName, duration, ...(error && { error: error.errorType }) });

  readonly line = ({ functionName, text }: LogLine): void => {
    const said = parse(text);
    if (typeof said?.tunnelId !== 'string' || typeof said.message !== 'string') return;
    const { message, tunnelId } = said;
    const rest = Object.entries(SAYINGS).flatMap(([name, kind]) => (typeof said[name] === kind ? [[name, said[name]]] : []));
    this.publish({ type: 'decided', functionName, message, tunnelId, ...Object.fromEntries(rest) as Partial<Saying> });
  };
}

/** The tunnel that a message names, or the event in it. */
function tunnelIn(body: string): { readonly tunnelId?: string } {
  const said = parse(body);
  const { tunnelId } = isRecord(said?.detail) ? said.detail : said ?? {};
  return typeof tunnelId === 'string' ? { tunnelId } : {};
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const said: unknown = JSON.parse(text);
    return isRecord(said) ? said : undefined;
  } catch {
    return undefined;
  }
}
