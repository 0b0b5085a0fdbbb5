/** What happens in the demo, in the order in which it happens. */
export type Moment =
  | 'synthesized' | 'started' | 'deployed' | 'opened' | 'connected' | 'verified'
  | 'dropped' | 'bytes again' | 'signalled' | 'rotated' | 'delivered' | 'reconnected' | 'refused' | 'waiting' | 'recovered' | 'failed';

export interface Entry {
  readonly moment: Moment;
  /** Which drop this belongs to, from 1. */
  readonly drop?: number;
  /** Milliseconds since the drop, or since the start. */
  readonly elapsed: number;
  readonly text: string;
}

/** What a drop comes to: milliseconds to the token in the vault, and to the first bytes that came back from the device. */
export interface Recovery {
  readonly vault: number;
  readonly bytes: number;
}

/** Prints the demo's story: for people, or as JSON lines for machines. What belongs to a drop is printed when it is over, its headline first. */
export class Timeline {
  private began = Date.now();
  private drop?: { readonly number: number; readonly noticedBy: string };
  /** In the order in which it happened, and not yet printed. */
  private readonly pending: { at: number; moment: Moment; text: string }[] = [];

  constructor(private readonly write: (line: string) => void, private readonly json: boolean) {}

  heading(text: string): void {
    if (!this.json) this.write(`\n${text}`);
  }

  /** From here on, everything belongs to this drop. */
  beginDrop(number: number, noticedBy: string): void {
    this.drop = { number, noticedBy };
  }

  /** It happens now: times count from here. */
  dropped(text: string): void {
    this.began = Date.now();
    this.say('dropped', text);
  }

  /** The drop is over: its headline, and then all that happened. */
  endDrop({ vault, bytes }: Recovery): void {
    this.print(`token in the vault after ${vault} ms, bytes again after ${bytes} ms`, { vault, bytes });
  }

  say(moment: Moment, text: string): void {
    this.note(moment, text, Date.now());
    if (!this.drop) this.flush();
  }

  /** Something that happened elsewhere, at `at`; printed with what follows. */
  note(moment: Moment, text: string, at: number): void {
    this.pending.push({ at, moment, text });
  }

  /** The last line: bare for people, so that it can be looked for. */
  conclude(text: string, failed: boolean): void {
    if (this.drop) this.print('not back', {});
    if (this.json) this.say(failed ? 'failed' : 'recovered', text);
    else this.write(text);
  }

  private print(came: string, recovery: Partial<Recovery>): void {
    const { number, noticedBy } = this.drop!;
    if (this.json) this.write(JSON.stringify({ moment: 'headline', drop: number, ...recovery, text: `${came}; noticed by ${noticedBy}` }));
    else this.write(`\ndrop ${number}: ${came}\n        noticed by ${noticedBy}`);
    this.flush();
    this.drop = undefined;
    this.began = Date.now();
  }

  private flush(): void {
    this.pending.sort((a, b) => a.at - b.at);
    for (const { at, moment, text } of this.pending.splice(0)) {
      const entry: Entry = { moment, drop: this.drop?.number, elapsed: at - this.began, text };
      this.write(this.json ? JSON.stringify(entry) : `${`${entry.elapsed} ms`.padStart(10)}  ${moment.padEnd(11)}  ${text}`);
    }
  }
}
