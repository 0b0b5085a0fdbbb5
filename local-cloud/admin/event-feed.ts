import { PassThrough, type Readable } from 'node:stream';
import type { CallRecord } from '../calls';
import type { Clock } from '../clock';
import type { Invocation } from '../functions/lambda-function';
import type { LogLine } from '../functions/logs';
import { isRecord } from '../inputs';
import type { SideName } from '../tunneling/vocabulary';

/** What happened, for whoever watches: names and counts, never a token. */
export type FeedEvent =
  /** A side of a tunnel shows another state. */
  | { readonly type: 'connected' | 'dropped'; readonly tunnelId: string; readonly side: SideName }
  /** A message was put into a queue. */
  | { readonly type: 'signalled'; readonly queue: string; readonly by: string }
  | { readonly type: 'rotated'; readonly tunnelId: string; readonly by: string }
  /** A version of a secret was made. */
  | { readonly type: 'delivered'; readonly secret: string; readonly by: string }
  | { readonly type: 'invoked'; readonly functionName: string; readonly duration: number; readonly error?: string }
  /** What a function's log says of a tunnel. */
  | { readonly type: 'decided'; readonly functionName: string; readonly message: string; readonly tunnelId: string; readonly reason?: string };

/** So many events are kept for those who come later. */
const KEPT = 500;
/** Who reads so much more slowly than things happen is sent away; he may come back for what he missed. */
const MOST_WAITING = 262_144;

/** All that happens in a cloud, as server-sent events. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class EventFeed {
  private readonly kept: { readonly id: number; readonly text: string }[] = [];
  private readonly watchers = new Set<PassThrough>();
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

  publish(event: FeedEvent): void {
    const id = ++this.count;
    const text = `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify({ at: this.clock.now(), ...event })}\n\n`;
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
    if (service === 'sqs' && action.startsWith('SendMessage')) this.publish({ type: 'signalled', queue: name, by });
    if (service === 'iotsecuretunneling' && action === 'RotateTunnelAccessToken') this.publish({ type: 'rotated', tunnelId: name.replace('tunnel/', ''), by });
    if (service === 'secretsmanager' && /^(CreateSecret|PutSecretValue)$/.test(action)) {
      this.publish({ type: 'delivered', secret: name.replace(/^secret:/, '').replace(/-\w{6}$/, ''), by });
    }
  };

  readonly invocation = ({ functionName, duration, error }: Invocation): void =>
    this.publish({ type: 'invoked', functionName, duration, ...(error && { error: error.errorType }) });

  readonly line = ({ functionName, text }: LogLine): void => {
    const said = parse(text);
    if (typeof said?.tunnelId !== 'string' || typeof said.message !== 'string') return;
    const { message, tunnelId, reason } = said;
    this.publish({ type: 'decided', functionName, message, tunnelId, ...(typeof reason === 'string' && { reason }) });
  };
}

function parse(text: string): { readonly message?: unknown; readonly tunnelId?: unknown; readonly reason?: unknown } | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const said: unknown = JSON.parse(text);
    return isRecord(said) ? said : undefined;
  } catch {
    return undefined;
  }
}
