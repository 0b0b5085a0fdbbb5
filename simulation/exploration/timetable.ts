import { Scheduler } from '../scheduler';

/** Virtual time that passes only when it is told to: what is planned waits until somebody lets that much time pass. */
export class Timetable extends Scheduler {
  private readonly planned: { readonly time: number; readonly order: number; readonly action: () => void }[] = [];
  private plans = 0;

  override at(time: number, action: () => void): void {
    this.planned.push({ time: Math.max(time, this.now), order: this.plans++, action });
    this.planned.sort((a, b) => a.time - b.time || a.order - b.order);
  }

  get next(): number | undefined {
    return this.planned[0]?.time;
  }

  /** What is planned, as times only: the rest of a state says what for. */
  get times(): readonly number[] {
    return this.planned.map(({ time }) => time);
  }

  /** Everything that is due until then happens, in order. */
  pass(until: number): void {
    while (this.planned.length > 0 && this.planned[0].time <= until) {
      const { time, action } = this.planned.shift()!;
      this.now = time;
      action();
    }
    this.now = until;
  }
}
