import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock';
import { remember } from '../journal';

/** Seconds, as SQS has them. */
export interface QueueSettings {
  readonly delay: number;
  readonly visibilityTimeout: number;
  readonly retention: number;
  readonly receiveWait: number;
  readonly maximumMessageSize: number;
  readonly redrive?: { readonly deadLetterTargetArn: string; readonly maxReceiveCount: number };
  readonly policy?: object;
}

export const DEFAULT_SETTINGS: QueueSettings = { delay: 0, visibilityTimeout: 30, retention: 345_600, receiveWait: 0, maximumMessageSize: 1_048_576 };

export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

export interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  readonly sender: string;
  readonly sentAt: number;
  /** Hidden until then. */
  visibleAt: number;
  receiveCount: number;
  firstReceivedAt?: number;
  /** Of the last receive. */
  receipt?: string;
}

/** A queue as JSON can hold it. */
export interface QueueState {
  readonly name: string;
  readonly settings: QueueSettings;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly messages: readonly Message[];
}

/** Where a standard queue is not as neat as one would like. */
export interface Quirks {
  /** The order in which messages are given out. */
  order<T>(items: readonly T[]): readonly T[];
  /** Does a message stay visible although it was just given out? */
  again(): boolean;
}

export const NEAT: Quirks = { order: (items) => items, again: () => false };

/**
 * A standard queue. Messages are delivered in the order they were sent, as a quiet queue mostly does; a message that was
 * received too often moves to the dead-letter queue when it would be received once more.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 */
export class Queue {
  settings: QueueSettings;
  tags: Record<string, string> = {};
  createdAt: number;
  /** Bodies of everything that was ever sent here, for tests. */
  readonly history: string[] = [];
  private readonly messages = new Map<string, Message>();
  private readonly timers = new Map<string, () => void>();
  private waiting: (() => void)[] = [];

  constructor(
    readonly name: string,
    readonly arn: string,
    settings: Partial<QueueSettings>,
    private readonly clock: Clock,
    private readonly deadLetterQueue: (queueArn: string) => Queue | undefined,
    private readonly quirks: Quirks = NEAT,
  ) {
    this.settings = { ...DEFAULT_SETTINGS, ...settings };
    this.createdAt = clock.now();
  }

  send(body: string, sender: string, options: { delay?: number; attributes?: Message['attributes'] } = {}): Message {
    const now = this.clock.now();
    const message: Message = {
      id: randomUUID(), body, sender, attributes: options.attributes ?? {}, sentAt: now, receiveCount: 0,
      visibleAt: now + (options.delay ?? this.settings.delay) * 1000,
    };
    remember(this.history, body);
    this.add(message);
    return message;
  }

  /** Takes what is visible now, and hides it for `visibilityTimeout` seconds. */
  receive(max: number, visibilityTimeout = this.settings.visibilityTimeout): Message[] {
    const now = this.clock.now();
    this.expire(now);
    const visible = [...this.messages.values()].filter((message) => message.visibleAt <= now);
    const exhausted = visible.filter((message) => this.exhausted(message));
    for (const message of exhausted) this.moveToDeadLetters(message);
    const picked = this.quirks.order(visible.filter((message) => !exhausted.includes(message))).slice(0, max);
    for (const message of picked) {
      message.receiveCount += 1;
      message.firstReceivedAt ??= now;
      message.receipt = `${message.id}.${randomUUID()}`;
      this.hide(message, this.quirks.again() ? 0 : visibilityTimeout);
    }
    // Copies: a message that is given out twice must not change in the hands of the first.
    return picked.map((message) => ({ ...message }));
  }

  /** Like `receive`, but waits up to `seconds` for a first message, or until `signal` says stop. */
  async receiveWaiting(max: number, seconds: number, visibilityTimeout?: number, signal?: AbortSignal): Promise<Message[]> {
    let over = false;
    const cancel = this.clock.after(seconds * 1000, () => { over = true; this.wake(); });
    const stop = () => { over = true; this.wake(); };
    signal?.addEventListener('abort', stop);
    try {
      for (;;) {
        if (signal?.aborted) return [];
        const messages = this.receive(max, visibilityTimeout);
        if (messages.length > 0 || over) return messages;
        await new Promise<void>((resolve) => this.waiting.push(resolve));
      }
    } finally {
      cancel();
      signal?.removeEventListener('abort', stop);
    }
  }

  /** True: the message was still there and the receipt names it. An old receipt works as long as the message lives. */
  delete(receipt: string): boolean {
    const id = receipt.split('.')[0];
    this.timers.get(id)?.();
    this.timers.delete(id);
    return this.messages.delete(id);
  }

  /** The message that a receipt handle stands for, while it is in flight. */
  inFlight(receipt: string): Message | undefined {
    const message = this.messages.get(receipt.split('.')[0]);
    return message && message.receipt === receipt && message.visibleAt > this.clock.now() ? message : undefined;
  }

  hide(message: Message, seconds: number): void {
    message.visibleAt = this.clock.now() + seconds * 1000;
    this.wakeAt(message);
  }

  counts() {
    const now = this.clock.now();
    this.expire(now);
    const all = [...this.messages.values()];
    const hidden = all.filter((message) => message.visibleAt > now);
    const delayed = hidden.filter((message) => message.receiveCount === 0);
    return { visible: all.length - hidden.length, delayed: delayed.length, inFlight: hidden.length - delayed.length };
  }

  /** Everything that is in the queue now, hidden or not, for tests. */
  peek(): readonly Readonly<Message>[] {
    return [...this.messages.values()];
  }

  state(): QueueState {
    const { name, settings, tags, createdAt } = this;
    return { name, settings, tags, createdAt, messages: [...this.messages.values()] };
  }

  restore({ tags, createdAt, messages }: QueueState): void {
    this.tags = { ...tags };
    this.createdAt = createdAt;
    for (const message of messages) this.add({ ...message });
  }

  purge(): void {
    for (const cancel of this.timers.values()) cancel();
    this.timers.clear();
    this.messages.clear();
  }

  close(): void {
    this.purge();
    this.wake();
  }

  private add(message: Message): void {
    this.messages.set(message.id, message);
    this.wakeAt(message);
  }

  /** Whoever waits looks again when this message becomes visible. */
  private wakeAt(message: Message): void {
    this.timers.get(message.id)?.();
    this.timers.set(message.id, this.clock.after(Math.max(0, message.visibleAt - this.clock.now()), () => this.wake()));
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resume of waiting) resume();
  }

  private exhausted(message: Message): boolean {
    const { redrive } = this.settings;
    return redrive !== undefined && message.receiveCount >= redrive.maxReceiveCount;
  }

  private moveToDeadLetters(message: Message): void {
    const target = this.deadLetterQueue(this.settings.redrive?.deadLetterTargetArn ?? '');
    if (!target) return;
    this.delete(message.id);
    remember(target.history, message.body);
    target.add({ ...message, visibleAt: this.clock.now() });
  }

  private expire(now: number): void {
    for (const { id, sentAt } of this.messages.values()) {
      if (sentAt + this.settings.retention * 1000 <= now) this.delete(id);
    }
  }
}
