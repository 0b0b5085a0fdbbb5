import type { Strand } from './scheduler';

export interface About {
  /** A story can begin with a drop; it can't leave out a fault. */
  readonly mark?: 'drop' | 'fault';
  /** Whose doing it is. */
  readonly strand?: Strand;
  /** It changes nothing: a strand that did nothing else gets one line for all of it. */
  readonly isMinor?: boolean;
}

export type Tell = (tunnel: number | undefined, words: string, about?: About) => void;

interface Line extends About {
  readonly at: number;
  readonly tunnel: number | undefined;
  readonly words: string;
}

/** What happened in a world, in words. Kept only when somebody is going to read it. */
export class Story {
  private readonly lines: Line[] = [];

  constructor(private readonly now: () => number) {}

  readonly tell: Tell = (tunnel, words, about) => {
    this.lines.push({ at: this.now(), tunnel, words, ...about });
  };

  /** One line an event, from the beginning. */
  text(): string {
    return condensed(this.lines).map(inWords).join('\n');
  }

  /** Leaves out the drops that were over when the first fault struck: they went well. */
  shortText(): string {
    const lines = condensed(this.lines);
    const opening = lines.findIndex(({ mark }) => mark !== undefined);
    const drops = lines.flatMap(({ mark }, index) => (mark === 'drop' ? [index] : []));
    const firstFault = lines.findIndex(({ mark }) => mark === 'fault');
    const before = firstFault < 0 ? drops.slice(0, -1) : drops.filter((index) => index < firstFault);
    const start = before.at(-1);
    if (start === undefined || before.length < 2) return this.text();
    return [
      ...lines.slice(0, opening).map(inWords),
      before.length === 2 ? '... 1 drop, which went well' : `... ${before.length - 1} drops, all of which went well`,
      ...lines.slice(start).map(inWords),
    ].join('\n');
  }
}

/** All that a strand did in one line, if it was nothing. */
function condensed(lines: readonly Line[]): Line[] {
  const busy = new Set(lines.filter(({ isMinor }) => !isMinor).map(({ strand }) => strand));
  const deeds = new Map<Strand, string[]>();
  for (const { strand, words } of lines) {
    if (strand && !busy.has(strand)) deeds.set(strand, [...(deeds.get(strand) ?? []), words]);
  }
  return lines.flatMap((line) => {
    const all = line.strand && deeds.get(line.strand);
    if (!all) return [line];
    return all[0] === line.words ? [{ ...line, words: all.join('; ') }] : [];
  });
}

function inWords({ at, tunnel, strand, words }: Line): string {
  const who = `${tunnel === undefined ? '' : `tunnel ${tunnel}: `}${strand ? `${strand.by}: ` : ''}`;
  // Version ids are padded to the length that Secrets Manager wants.
  return `${stamp(at)}  ${who}${words.replace(/(version-\w+-\d+)-0*/g, '$1')}`;
}

/** `h:mm:ss.mmm` since the world began. */
function stamp(milliseconds: number): string {
  const part = (value: number, width = 2) => String(Math.floor(value)).padStart(width, '0');
  const [hours, minutes, seconds] = [milliseconds / 3_600_000, (milliseconds / 60_000) % 60, (milliseconds / 1000) % 60];
  return `${Math.floor(hours)}:${part(minutes)}:${part(seconds)}.${part(milliseconds % 1000, 3)}`;
}
