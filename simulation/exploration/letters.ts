import type { Timetable } from './timetable';

export interface Letter {
  readonly name: string;
  readonly body: string;
  readonly sentAt: number;
  visible: boolean;
  receives: number;
  taken: boolean;
  deleted: boolean;
}

/** The signal queue: what lies in it is taken in any order, at any moment. */
export class Letters {
  private readonly all: Letter[] = [];

  constructor(private readonly timetable: Timetable) {}

  send(name: string, body: string, delay: number): void {
    const same = this.all.filter((letter) => letter.name === name || letter.name.startsWith(`${name}x`)).length;
    const letter: Letter = {
      name: same > 0 ? `${name}x${same + 1}` : name, body, sentAt: this.timetable.now, visible: delay <= 0, receives: 0, taken: false, deleted: false,
    };
    this.all.push(letter);
    if (delay > 0) this.timetable.after(Math.ceil(delay / 1000) * 1000, () => { letter.visible = true; });
  }

  /** Hides it for so long. */
  take(letter: Letter, visibilityTimeout: number): void {
    letter.taken = true;
    letter.receives += 1;
    this.timetable.for(() => () => !letter.deleted).after(visibilityTimeout, () => { letter.taken = false; });
  }

  get takeable(): readonly Letter[] {
    return this.all.filter(({ visible, deleted, taken }) => visible && !deleted && !taken);
  }

  /** Whatever a client sent may come twice; a recheck or a sweep's signal twice is as good as one of these. */
  get repeatable(): readonly Letter[] {
    return this.all.filter(({ name }) => /^(s\d+|hint)$/.test(name));
  }

  /** @param mayRepeat what is deleted may still come again */
  state(mayRepeat: boolean): unknown {
    const left = this.all.filter(({ deleted }) => !deleted);
    return [...new Set([...left, ...(mayRepeat ? this.repeatable : [])])]
      .map(({ body, ...rest }) => ({ ...rest, body: JSON.parse(body) as unknown }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
