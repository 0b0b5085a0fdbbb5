import { INVARIANTS } from './invariants';
import type { Catch, Result } from './run';

type Row = readonly (string | number)[];

/** Everything that a run counted, as text for a terminal and for Markdown alike. */
export function summaryOf({ tally, broken }: Result): string {
  return [
    tableOf(['', 'count'], [
      ['worlds', tally.worlds],
      ['tunnels', tally.tunnels],
      ['drops', tally.drops],
      ...sorted(tally.dropsByKind).map(([kind, count]): Row => [`... ${kind}`, count]),
      ['signals of sources', tally.signals],
      ['sweeps', tally.sweeps],
      ['rotations made', tally.rotations],
      ['versions delivered', tally.deliveries],
      ['messages given up to the dead-letter queue', tally.deadLetters],
      ['drops accepted as looking unused', tally.acceptedAsUnused],
      ['steps of virtual time', tally.steps],
      ['violations', broken.length],
    ]),
    tableOf(['outcome of a signal', 'count'], sorted(tally.outcomes)),
    tableOf(['what else happened', 'count'], [
      ...sorted(tally.events), ['hints of those who made noise', tally.noise.hints], ['... and calls about their tunnels meanwhile', tally.noise.calls],
    ]),
    tableOf(['fault', 'count'], sorted(tally.faults)),
    quantiles('drop to delivery', [...tally.recoveries].map(([how, { fromDrop }]) => [how, fromDrop])),
    quantiles('first signal to delivery', [...tally.recoveries].map(([how, { fromSignal }]) => [how, fromSignal])),
  ].join('\n\n');
}

/** The seeded bugs, and what caught them; `falls`, where the exploration did. */
export function catchesOf(catches: readonly Catch[], seed: number, falls: ReadonlyMap<string, string> = new Map()): string {
  const head = ['bug', 'number', 'caught by invariant', 'seed', 'world', 'drops it took', ...(falls.size > 0 ? ['exploration'] : [])];
  return tableOf(head, catches.map(({ bug, caught, drops }, index): Row => ([
    bug, index + 1, caught ? caught.violation.invariant : 'not caught', seed, caught ? caught.world : '', drops,
    ...(falls.size > 0 ? [falls.get(bug) ?? ''] : []),
  ])));
}

export function invariantsAsList(): string {
  return Object.entries(INVARIANTS).map(([number, sentence]) => `${number}. ${sentence}`).join('\n');
}

export const thousands = (count: number) => count.toLocaleString('en-US');

function quantiles(what: string, times: readonly (readonly [string, readonly number[]])[]): string {
  const rows = times.filter(([how, { length }]) => length > 0 && !(what.includes('signal') && how.includes('sweep'))).sort();
  return tableOf([what, 'drops', 'p50', 'p90', 'p99', 'longest'], rows.map(([how, unsorted]): Row => {
    const ascending = Float64Array.from(unsorted).sort();
    const quantile = (share: number) => seconds(ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))]);
    return [how, ascending.length, quantile(0.5), quantile(0.9), quantile(0.99), quantile(1)];
  }));
}

export function tableOf(head: Row, rows: readonly Row[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => (typeof cell === 'number' ? thousands(cell) : cell)));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n');
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

const sorted = (counts: ReadonlyMap<string, number>) => [...counts].sort((a, b) => b[1] - a[1]);
