import type { State } from './vocabulary';

/** So many unread states are kept; then the oldest go. A session never waits for its readers. */
const UNREAD = 100;

/** The states of one session, on their way from it to one reader. */
export class States {
  private readonly unread: State[] = [];
  private wake: () => void = () => undefined;

  push(state: State): void {
    this.unread.push(state);
    if (this.unread.length > UNREAD) this.unread.shift();
    this.wake();
  }

  /** @param left called when the reader leaves, at the end or before it */
  async *read(left: () => Promise<unknown>): AsyncGenerator<State, void, void> {
    try {
      for (;;) {
        const state = this.unread.shift();
        if (!state) {
          await new Promise<void>((resolve) => { this.wake = resolve; });
          continue;
        }
        yield state;
        if (state.state === 'ended') return;
      }
    } finally {
      await left();
    }
  }
}
