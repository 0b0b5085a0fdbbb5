import type { Lane, Told } from './lanes';
import { duration } from './words';

export const ROW = 30;
/** What a canvas takes from the style sheet, so that light and dark are said in one place. */
const NAMES = ['up', 'down', 'silent', 'signalled', 'rotated', 'delivered', 'held', 'ink', 'dim', 'line', 'card', 'chosen'] as const;
export type Colours = Readonly<Record<typeof NAMES[number], string>>;

export interface View {
  readonly width: number;
  readonly height: number;
  readonly scrollTop: number;
  /** Milliseconds from the left edge to the right one, which is now. */
  readonly span: number;
  readonly now: number;
  readonly selected: string | undefined;
  /** The episode that is looked at began then. */
  readonly chosenAt: number | undefined;
}

export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Colours;
}

/** The lanes that are to be seen, and nothing else: so two hundred cost no more than twenty. */
export function draw(context: CanvasRenderingContext2D, lanes: readonly Lane[], view: View, colours: Colours): void {
  const { width, height, scrollTop } = view;
  context.clearRect(0, 0, width, height);
  grid(context, view, colours);
  const first = Math.max(0, Math.floor(scrollTop / ROW));
  const last = Math.min(lanes.length, Math.ceil((scrollTop + height) / ROW));
  for (let index = first; index < last; index += 1) drawLane(context, lanes[index], index * ROW - scrollTop, view, colours);
}

/** Where a moment is. */
const placeOf = (at: number, { now, span, width }: View) => width - ((now - at) / span) * width;
export const momentOf = (x: number, { now, span, width }: Pick<View, 'now' | 'span' | 'width'>) => now - ((width - x) / width) * span;

function grid(context: CanvasRenderingContext2D, view: View, { line }: Colours): void {
  const every = view.span <= 15_000 ? 1_000 : view.span <= 120_000 ? 5_000 : 60_000;
  context.fillStyle = line;
  for (let at = Math.ceil((view.now - view.span) / every) * every; at <= view.now; at += every) {
    context.fillRect(Math.round(placeOf(at, view)), 0, 1, view.height);
  }
}

const BAR = 8;

function drawLane(context: CanvasRenderingContext2D, lane: Lane, top: number, view: View, colours: Colours): void {
  const middle = top + ROW / 2;
  const from = view.now - view.span;
  context.globalAlpha = lane.open ? 1 : 0.4;
  for (const { from: begins, to = view.now, kind } of lane.spans) {
    if (to < from) continue;
    const x = Math.max(0, placeOf(begins, view));
    const length = placeOf(to, view) - x;
    if (kind === 'up') bar(context, x, middle, length, colours.up);
    else gap(context, x, middle, Math.max(3, length), kind === 'silent' ? colours.silent : colours.down);
  }
  for (const event of lane.told) if (event.at >= from) mark(context, event, placeOf(event.at, view), middle, colours);
  context.globalAlpha = 1;
  labels(context, lane, middle, view, colours);
}

function bar(context: CanvasRenderingContext2D, x: number, middle: number, length: number, colour: string): void {
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(x, middle - BAR / 2, length, BAR, 3);
  context.fill();
}

/** Not only another colour: thinner, and with a post where it begins. */
function gap(context: CanvasRenderingContext2D, x: number, middle: number, length: number, colour: string): void {
  context.fillStyle = colour;
  context.fillRect(x, middle - 1, length, 2);
  context.fillRect(x, middle - 8, 2.5, 16);
}

/** Each kind has a shape of its own: signalled above, rotated and delivered on the line, held below. */
function mark(context: CanvasRenderingContext2D, event: Told, x: number, middle: number, colours: Colours): void {
  context.beginPath();
  switch (event.type) {
    case 'signalled':
      context.fillStyle = colours.signalled;
      polygon(context, [[x - 4, middle - 14], [x + 4, middle - 14], [x, middle - 7.5]]);
      break;
    case 'rotated':
      context.fillStyle = colours.rotated;
      polygon(context, [[x, middle - 6], [x + 5, middle], [x, middle + 6], [x - 5, middle]]);
      break;
    case 'delivered':
      context.fillStyle = colours.delivered;
      context.arc(x, middle, 4, 0, 2 * Math.PI);
      break;
    case 'decided':
      if (event.message !== 'rotation held') return;
      context.fillStyle = colours.held;
      polygon(context, [[x - 4, middle + 14], [x + 4, middle + 14], [x, middle + 7.5]]);
      break;
    case 'killed': case 'taken':
      context.fillStyle = colours.down;
      polygon(context, [[x - 5, middle - 3], [x - 3, middle - 5], [x + 5, middle + 3], [x + 3, middle + 5]]);
      polygon(context, [[x + 5, middle - 3], [x + 3, middle - 5], [x - 5, middle + 3], [x - 3, middle + 5]]);
      break;
    default: return;
  }
  context.fill();
}

function polygon(context: CanvasRenderingContext2D, [[x, y], ...rest]: readonly (readonly [number, number])[]): void {
  context.moveTo(x, y);
  for (const [toX, toY] of rest) context.lineTo(toX, toY);
  context.closePath();
}

/** Beside each drop, how long it took, where there is room for it. */
function labels(context: CanvasRenderingContext2D, lane: Lane, middle: number, view: View, colours: Colours): void {
  context.font = '600 11px system-ui, sans-serif';
  context.textBaseline = 'middle';
  let free = view.width - 2;
  for (let index = lane.spans.length - 1; index >= 0; index -= 1) {
    const { from, to, kind } = lane.spans[index];
    if (kind === 'up') continue;
    const x = placeOf(from, view);
    const text = to === undefined ? duration(view.now - from) : duration(to - from);
    const begins = Math.max(x, placeOf(to ?? from, view)) + 7;
    const { width } = context.measureText(text);
    if (begins + width + 8 > free || begins < 0) { free = Math.min(free, x - 4); continue; }
    free = x - 4;
    context.fillStyle = colours.card;
    context.beginPath();
    context.roundRect(begins - 3, middle - 7, width + 8, 14, 4);
    context.fill();
    context.fillStyle = to === undefined ? colours.down : colours.ink;
    context.fillText(text, begins + 1, middle + 0.5);
    if (lane.tunnelId === view.selected && from === view.chosenAt) {
      context.strokeStyle = colours.chosen;
      context.lineWidth = 1.5;
      context.stroke();
    }
  }
}
