import { EventEmitter, once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** What the local cloud does by itself: deliveries and invocations under way. Lets a test wait until it is done. */
export class Activity {
  private running = 0;
  private readonly ended = new EventEmitter();

  constructor() {
    this.ended.setMaxListeners(0);
  }

  async track<T>(work: () => Promise<T>): Promise<T> {
    this.running += 1;
    try {
      return await work();
    } finally {
      this.running -= 1;
      this.ended.emit('end');
    }
  }

  /** Resolves when nothing runs and `pending` says that nothing is about to. */
  async idle(pending: () => boolean): Promise<void> {
    do {
      while (this.running > 0) await once(this.ended, 'end');
      await nextTurn(); // what has just ended may begin the next thing
    } while (this.running > 0 || pending());
  }
}
