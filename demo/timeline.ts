/** What happens in the demo, in the order in which it happens. */
export type Moment =
  | 'synthesized' | 'started' | 'deployed' | 'opened' | 'connected' | 'verified'
  | 'dropped' | 'signalled' | 'rotated' | 'delivered' | 'reconnected' | 'refused' | 'waiting' | 'recovered' | 'failed';

export interface Entry {
  readonly moment: Moment;
  /** Which drop this belongs to, from 1. */
  readonly drop?: number;
  /** Milliseconds since the drop, or since the start. */
  readonly elapsed: number;
  readonly text: string;
}

/** Prints the demo's story as it happens: for people, or as JSON lines for machines. */
export class Timeline {
  private began = Date.now();
  private drop?: number;
  /** Whatever ran at the same time is printed in the order in which it happened. */
  private readonly pending: { at: number; moment: Moment; text: string }[] = [];

  constructor(private readonly write: (line: string) => void, private readonly json: boolean) {}

  heading(text: string): void {
    if (!this.json) this.write(`\n${text}`);
  }

  /** From here on, times count from now and belong to this drop. */
  beginDrop(drop: number, noticedBy: string): void {
    this.heading(`drop ${drop}, noticed by ${noticedBy}`);
    this.began = Date.now();
    this.drop = drop;
  }

  say(moment: Moment, text: string): void {
    this.note(moment, text, Date.now());
    this.flush();
  }

  /** Something that happened elsewhere, at `at`; printed with what follows. */
  note(moment: Moment, text: string, at: number): void {
    this.pending.push({ at, moment, text });
  }

  /** The last line: bare for people, so that it can be looked for. */
  conclude(text: string): void {
    if (this.json) this.say('recovered', text);
    else this.write(text);
  }

  private flush(): void {
    this.pending.sort((a, b) => a.at - b.at);
    for (const { at, moment, text } of this.pending.splice(0)) {
      const entry: Entry = { moment, drop: this.drop, elapsed: Math.max(0, at - this.began), text };
      this.write(this.json ? JSON.stringify(entry) : `${`${entry.elapsed} ms`.padStart(10)}  ${moment.padEnd(11)}  ${text}`);
    }
  }
}
