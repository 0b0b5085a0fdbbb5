import type { Chance } from './chance';
import type { Scheduler } from './scheduler';

/** Somebody who is in one state after the other, and what he plans in one comes to nothing in the next. */
export abstract class Party<State extends string, Purpose extends string> {
  protected state: State | 'gone';
  /** Counts the states. */
  private epoch = 0;
  private readonly draws = new Map<Purpose, number>();

  /** @param purposes what he draws lots for; each purpose has a stream of its own */
  constructor(
    private readonly scheduler: Scheduler, protected readonly chance: Chance, private readonly purposes: readonly Purpose[], first: State,
  ) {
    this.state = first;
  }

  ended(): void {
    this.enter('gone');
  }

  protected enter(state: State | 'gone'): void {
    this.state = state;
    this.epoch += 1;
  }

  protected later(delay: number, action: () => void): void {
    const { epoch } = this;
    this.scheduler.after(delay, () => {
      if (this.epoch === epoch && this.state !== 'gone') action();
    });
  }

  protected dice(purpose: Purpose): Chance {
    const ordinal = this.draws.get(purpose) ?? 0;
    this.draws.set(purpose, ordinal + 1);
    return this.chance.of(this.purposes.indexOf(purpose), ordinal);
  }
}
