import { Agenda } from './agenda';
import { keyOf } from './chance';

/** One run of the code under test: a recovery or a sweep. */
export class Strand {
  /** To draw lots by. */
  readonly key: number;
  /** How often it made each call so far. */
  readonly calls = new Map<string, number>();
  /** Port calls that it waits for. */
  pending = 0;
  /** It returned or threw. */
  ended = false;
  /** Something befell it of which nobody can say what it did, or when. */
  unsure = false;
  /** Its invocation died: it will never hear of anything again. */
  diedAt: number | undefined;

  /** @param name the same in every world that differs elsewhere only: what befalls it is named after it */
  constructor(
    readonly name: string,
    /** Its invocation, for the story. */
    readonly by: string,
  ) {
    this.key = keyOf(name);
  }

  get dead(): boolean {
    return this.diedAt !== undefined;
  }

  /** Between two port calls: microtasks of its own are on their way. */
  get running(): boolean {
    return this.pending === 0 && !this.ended && !this.dead;
  }
}

/** Virtual time begins here. */
export const START = 1_700_000_000_000;

const TICK = Promise.resolve();

/** No strand needs more microtasks than this between two port calls; one that does waits for something that is no port. */
const MOST_TICKS = 1_000;

/**
 * Virtual time: a queue of actions, run one by one in the order of their times, with no real timer anywhere. After an action that
 * answered a port call, the code under test runs until it waits again.
 */
export class Scheduler {
  now = START;
  private readonly agenda = new Agenda();
  private resumed: Strand | undefined;

  at(time: number, action: () => void): void {
    this.agenda.enter(Math.max(time, this.now), action);
  }

  after(delay: number, action: () => void): void {
    this.at(this.now + delay, action);
  }

  /** To be called when this strand begins, and when a port call of it is answered. */
  resume(strand: Strand): void {
    this.resumed = strand;
  }

  /** Runs until `finished`, which is asked after every step, or until nothing is left to do. */
  async run(finished: () => boolean): Promise<void> {
    for (let entry = this.agenda.next(); entry; entry = this.agenda.next()) {
      this.now = entry.time;
      entry.action();
      for (let strand = this.resumed; strand; strand = this.resumed) {
        this.resumed = undefined;
        await this.settle(strand); // one that ends may let another one begin
      }
      if (finished()) return;
    }
  }

  private async settle(strand: Strand): Promise<void> {
    // It may wait for several calls at once: a few ticks let it take notice of this one.
    for (let tick = 0; tick < 4 || strand.running; tick++) {
      if (tick > MOST_TICKS) throw new Error('the code under test waits for something that is no port of the simulation');
      await TICK;
    }
  }
}
