import type { State } from '../session/vocabulary';

/** Where a status goes, as much of a stream as it needs. */
export interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const COLOURS = { green: 32, yellow: 33, red: 31, cyan: 36 } as const;
type Colour = keyof typeof COLOURS;

/**
 * One line at the bottom of a terminal that always tells how things are; news scrolls above it. On anything else than a terminal,
 * one plain line for each change.
 */
export class StatusLine {
  private state: State | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly screen: Screen, private readonly now: () => number, private readonly coloured: boolean) {}

  show(state: State): void {
    this.state = state.state === 'ended' ? undefined : state;
    if (!this.screen.isTTY) {
      if (this.state) this.screen.write(`${describe(state, this.now()).text}\n`);
      return;
    }
    clearInterval(this.timer);
    if (this.state) this.timer = setInterval(() => this.draw(), 1_000).unref();
    this.draw();
  }

  /** Writes a line of news above the status. */
  news(line: string): void {
    this.screen.write(this.screen.isTTY ? `${CLEAR}${line}\n` : `${line}\n`);
    if (this.screen.isTTY) this.draw();
  }

  close(): void {
    clearInterval(this.timer);
    if (this.screen.isTTY && this.state) this.screen.write(CLEAR);
    this.state = undefined;
  }

  private draw(): void {
    if (!this.state) return void this.screen.write(CLEAR);
    const { text, colour } = describe(this.state, this.now());
    // A line that wraps could not be cleared.
    const fitting = cut(text, Math.max(10, (this.screen.columns || 80) - 1));
    this.screen.write(`${CLEAR}${this.coloured ? `\x1b[${COLOURS[colour]}m${fitting}\x1b[0m` : fitting}`);
  }
}

const CLEAR = '\r\x1b[2K';

/** The status in words. */
export function describe(state: State, now: number): { readonly text: string; readonly colour: Colour } {
  const { doing, colour } = doingOf(state, now);
  const parts = [
    doing,
    state.drops === 1 ? '1 drop' : `${state.drops} drops`,
    state.lastRecovery !== undefined && `last recovery ${Math.round(state.lastRecovery)} ms`,
    state.expiresAt !== undefined && state.state !== 'ended' && `${span(state.expiresAt - now)} left`,
  ];
  return { text: parts.filter(Boolean).join(' | '), colour };
}

function doingOf(state: State, now: number): { doing: string; colour: Colour } {
  switch (state.state) {
    case 'starting': return { doing: 'connecting', colour: 'cyan' };
    case 'connected': return { doing: `connected for ${span(now - state.at)}`, colour: 'green' };
    case 'reconnecting': return { doing: `reconnecting for ${span(now - state.since)}`, colour: 'yellow' };
    case 'offline': return { doing: `offline for ${span(now - state.since)}: AWS cannot be reached`, colour: 'red' };
    case 'checking': return { doing: 'the local proxy ended; looking why', colour: 'yellow' };
    case 'waiting': return { doing: waiting(state.asked, now - state.since), colour: 'yellow' };
    case 'held': return { doing: held(state, now), colour: 'yellow' };
    case 'pausing': return { doing: `failed ${times(state.failures)}; next start in ${span(state.until - now)}`, colour: 'red' };
    case 'ended': return { doing: state.ending.sentence, colour: state.ending.exitCode === 0 ? 'green' : 'red' };
  }
}

function waiting(asked: number, sofar: number): string {
  const again = asked === 1 ? '' : `, asked ${times(asked)}`;
  return `waiting for a fresh token for ${span(sofar)}${again}`;
}

const times = (count: number): string => (count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`);
const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

const HOLDS: Readonly<Record<string, string>> = {
  'flapping': 'it drops too often',
  'connected': 'AWS shows the source connected',
  'unused': 'the last token was not used, as far as AWS shows',
  'out-of-scope': 'the rotator does not serve this tunnel',
  'side-not-served': 'the rotator does not serve sources',
  'claimed': 'the rotator is at it',
  'settling': 'the last token came a moment ago',
  'grace': 'the rotator gives the old connection time to come back',
};

function held({ reason, until, since }: Extract<State, { state: 'held' }>, now: number): string {
  const next = until === undefined || until <= now ? '' : `; next try in ${span(until - now)}`;
  return `no token yet for ${span(now - since)}: ${HOLDS[reason] ?? reason}${next}`;
}

/** Hours, minutes and seconds. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  const [h, m, s] = [seconds / 3_600, (seconds / 60) % 60, seconds % 60].map((part) => String(Math.floor(part)).padStart(2, '0'));
  return `${h}:${m}:${s}`;
}
