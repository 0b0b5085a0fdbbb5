import { Scheduler } from '../scheduler';

interface Plan {
  readonly time: number;
  readonly order: number;
  readonly action: () => void;
  /** Whether something would still come of it. */
  readonly matters: () => boolean;
}

/** Virtual time that passes only when it is told to: what is planned waits until somebody lets that much time pass. */
export class Timetable extends Scheduler {
  private planned: Plan[] = [];
  private plans = 0;

  override at(time: number, action: () => void): void {
    this.plan(time, action, () => true);
  }

  /** The same time for somebody whose plans come to nothing in the end. @param matters asked at each plan whether it still will */
  for(matters: () => () => boolean): Scheduler {
    return Object.create(this, {
      at: { value: (time: number, action: () => void) => this.plan(time, action, matters()) },
    }) as Scheduler;
  }

  get next(): number | undefined {
    return this.pending()[0]?.time;
  }

  /** What is planned, as times only: the rest of a state says what for. */
  get times(): readonly number[] {
    return this.pending().map(({ time }) => time);
  }

  /** Everything that is due until then happens, in order. */
  pass(until: number): void {
    while (this.planned.length > 0 && this.planned[0].time <= until) {
      const { time, action, matters } = this.planned.shift()!;
      this.now = time;
      if (matters()) action();
    }
    this.now = until;
  }

  private plan(time: number, action: () => void, matters: () => boolean): void {
    if (time === Infinity) return;
    this.planned.push({ time: Math.max(time, this.now), order: this.plans++, action, matters });
    this.planned.sort((a, b) => a.time - b.time || a.order - b.order);
  }

  private pending(): readonly Plan[] {
    return this.planned = this.planned.filter(({ matters }) => matters());
  }
}
