import { keyOf } from './chance';
import { DEPLOYMENT } from './conditions';
import type { Scheduler } from './scheduler';

export interface Message {
  readonly name: string;
  /** Tells it from all others, to draw lots by. */
  readonly key: number;
  readonly body: string;
  readonly sentAt: number;
  receives: number;
  deleted: boolean;
}

/** The signal queue in SQS, pretended: a standard queue, so in no order, and more than once if it likes. */
export class PretendedQueue {
  private readonly visible: Message[] = [];
  /** Messages that still are in the queue: delayed, visible or in flight. */
  size = 0;
  deadLetters = 0;

  /**
   * @param arrived is told that a message became visible
   * @param buried is told that it became a dead letter
   */
  constructor(
    private readonly scheduler: Scheduler, private readonly arrived: (message: Message) => void, private readonly buried: (message: Message) => void,
  ) {}

  /** SQS delays by whole seconds, at most 900, as `lambda/adapters/sqs-signals.ts` rounds them. */
  send(name: string, body: string, delay = 0): Message {
    const message = { name, key: keyOf(name), body, sentAt: Math.floor(this.scheduler.now), receives: 0, deleted: false };
    this.size += 1;
    this.scheduler.after(Math.min(900, Math.ceil(delay / 1000)) * 1000, () => this.show(message));
    return message;
  }

  /** @param choose picks one of so many; order is nobody's promise */
  receive(choose: (count: number) => number): Message | undefined {
    while (this.visible.length > 0) {
      const [message] = this.visible.splice(choose(this.visible.length), 1);
      if (message.deleted) continue;
      if (message.receives >= DEPLOYMENT.maxReceiveCount) {
        this.deadLetters += 1;
        this.delete(message);
        this.buried(message);
        continue;
      }
      message.receives += 1;
      this.scheduler.after(DEPLOYMENT.visibilityTimeout, () => this.show(message));
      return message;
    }
    return undefined;
  }

  delete(message: Message): void {
    if (!message.deleted) this.size -= 1;
    message.deleted = true;
  }

  /** Makes it visible: when its delay or its visibility timeout is over, or because SQS hands it out twice. */
  show(message: Message): void {
    if (message.deleted || this.visible.includes(message)) return;
    this.visible.push(message);
    this.arrived(message);
  }
}
