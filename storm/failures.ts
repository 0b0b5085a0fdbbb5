import type { LocalCloud } from '../local-cloud/cloud';
import type { Invocation } from '../local-cloud/functions/lambda-function';
import type { LogLine } from '../local-cloud/functions/logs';
import type { Queue } from '../local-cloud/sqs/queue';

/** A message that the queue gave up, and what befell it each time that it was handed out. */
export interface DeadLetter {
  /** What it was about, in words: nothing of its body that is nobody's business. */
  readonly about: string;
  readonly befell: readonly string[];
}

interface Failure {
  readonly requestId?: string;
  readonly tunnelId: string;
  readonly words: string;
}

/** Writes down every failure from now on, by its code: of calls, as functions log them, and of invocations. */
export class Failures {
  readonly counts = new Map<string, number>();
  private readonly logged: Failure[] = [];
  private readonly invocations: Invocation[] = [];

  constructor(cloud: LocalCloud) {
    cloud.logs.onLine((line) => this.line(line));
    cloud.functions.onEnd((invocation) => {
      this.invocations.push(invocation);
      if (invocation.error) this.count(`invocation: ${invocation.error.errorType}`);
    });
  }

  /** The dead letters of this queue, each with its history. */
  deadLetters(queue: Queue): DeadLetter[] {
    return queue.peek().map(({ id, body }) => {
      const { tunnelId, about } = shownOf(body);
      const runs = this.invocations.filter(({ messageIds }) => messageIds.includes(id));
      return { about, befell: runs.map((run) => this.fateOf(run, tunnelId)) };
    });
  }

  private fateOf({ requestId, error, messageIds }: Invocation, tunnelId: string): string {
    const own = this.logged.find((failure) => failure.requestId === requestId && failure.tunnelId === tunnelId);
    return own?.words ?? (error ? `${error.errorType} with ${messageIds.length} messages` : 'done, and handed out again');
  }

  private line({ text, requestId }: LogLine): void {
    const { message, call, code, tunnelId = '' } = parse(text);
    if (code === undefined) return;
    const words = [call, code].filter(Boolean).join(': ');
    this.count(message === 'recovery failed' ? words : `${message}: ${words}`);
    if (message === 'recovery failed') this.logged.push({ requestId, tunnelId, words });
  }

  private count(words: string): void {
    this.counts.set(words, (this.counts.get(words) ?? 0) + 1);
  }
}

interface Line {
  readonly message?: string;
  readonly call?: string;
  readonly code?: string;
  readonly tunnelId?: string;
}

function parse(text: string): Line {
  try {
    return text.startsWith('{') ? JSON.parse(text) as Line : {};
  } catch {
    return {};
  }
}

interface Body {
  readonly 'detail-type'?: string;
  readonly detail?: { readonly tunnelId?: string };
  readonly tunnelId?: string;
  readonly via?: string;
  readonly attempt?: number;
  readonly proof?: string;
}

function shownOf(body: string): { tunnelId: string; about: string } {
  const { detail, 'detail-type': type, via, proof, attempt = 0, ...rest } = JSON.parse(body) as Body;
  const tunnelId = String(detail?.tunnelId ?? rest.tunnelId);
  if (type !== undefined) return { tunnelId, about: `an event '${type}'` };
  return { tunnelId, about: `${via}${proof === undefined ? '' : ' with proof'}, attempt ${attempt}` };
}
