// Turns what a program wrote to a terminal into an animated SVG. Whoever shows no animations sees one chosen moment.

const COLOURS = { 31: '#ff7b72', 32: '#3fb950', 33: '#d29922', 36: '#39c5cf' };
const CELL = { width: 7.8, height: 19 };
const MARGIN = { x: 18, top: 46, bottom: 40 };

/** As much of a terminal as a line-by-line program needs: text, new lines, SGR colours, and clearing the line that the cursor is in. */
export class Terminal {
  lines = [[]];
  #colour;

  write(text) {
    for (const [piece, escape, colour] of text.matchAll(/\x1b\[([\d;]*m|2K|0?K|1?G)|\r|\n|[^\x1b\r\n]+|\x1b/g)) {
      const line = this.lines.at(-1);
      if (piece === '\x1b') throw new Error('an escape sequence that this terminal does not know');
      else if (piece === '\n') this.lines.push([]);
      else if (piece === '\r') continue; // what follows here either clears the line or begins a new one
      else if (escape?.endsWith('m')) this.#colour = COLOURS[escape.slice(0, -1)];
      else if (escape === '2K') line.length = 0;
      else if (!escape) line.push({ text: piece, colour: this.#colour });
    }
  }

  /** What stands there now, one list of runs a line. */
  get screen() {
    return this.lines.map((line) => JSON.stringify(line));
  }
}

/**
 * @param frames `{ at, screen }` in the order of their times; milliseconds
 * @param captions `{ from, to, text }`, shown below the terminal
 * @param still the moment for whoever shows no animations
 * @param end when it begins anew
 */
export function picture({ frames, captions, still, end, columns, title }) {
  const rows = Math.max(...frames.map(({ screen }) => screen.length));
  const width = Math.round(columns * CELL.width + 2 * MARGIN.x);
  const height = rows * CELL.height + MARGIN.top + MARGIN.bottom;
  const spans = [
    ...Array.from({ length: rows }, (_, row) => spansOf(frames, row, end)).flat(),
    ...captions.map(({ from, to, text }) => ({ from, to, runs: [{ text, caption: true }], y: height - 18 })),
  ];
  const percent = (time) => `${Number((time / end * 100).toFixed(2))}%`;
  const css = spans.map(({ from, to }, i) => {
    const moments = [[0, from === 0], [from, true], ...(to < end ? [[to, false]] : [])];
    const steps = moments.map(([time, visible]) => `${percent(time)}{visibility:${visible ? 'visible' : 'hidden'}}`);
    return `@keyframes k${i}{${steps.join('')}}.k${i}{animation-name:k${i}}`;
  });
  const texts = spans.map(({ from, to, runs, y }, i) =>
    `<text class="t k${i}${from <= still && still < to ? ' still' : ''}" x="${MARGIN.x}" y="${y}" xml:space="preserve">${runs.map(tspan).join('')}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}" font-size="13"
  font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace">
<style>
.t{visibility:hidden}.still{visibility:visible}
@media (prefers-reduced-motion:no-preference){.t{animation:${end}ms step-end infinite}
${css.join('\n')}}
</style>
<rect width="${width}" height="${height}" rx="9" fill="#0d1117"/>
<circle cx="22" cy="20" r="5.5" fill="#ff5f57"/><circle cx="40" cy="20" r="5.5" fill="#febc2e"/><circle cx="58" cy="20" r="5.5" fill="#28c840"/>
${texts.join('\n')}
</svg>
`;
}

/** When a row held what. */
function spansOf(frames, row, end) {
  const spans = [];
  for (const { at, screen } of frames) {
    const content = screen[row] ?? '[]';
    const last = spans.at(-1);
    if (last?.content === content) continue;
    if (last) last.to = at;
    spans.push({ content, from: at, to: end });
  }
  return spans.filter(({ content, from, to }) => content !== '[]' && to > from)
    .map(({ content, from, to }) => ({ from, to, runs: JSON.parse(content), y: MARGIN.top + 14 + row * CELL.height }));
}

function tspan({ text, colour = '#e6edf3', caption }) {
  const length = (text.length * CELL.width).toFixed(1);
  return caption
    ? `<tspan fill="#8b949e" font-style="italic">${escape(text)}</tspan>`
    : `<tspan fill="${colour}" textLength="${length}" lengthAdjust="spacingAndGlyphs">${escape(text)}</tspan>`;
}

const escape = (text) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
