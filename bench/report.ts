import { ratioOf, type Figure } from './figure';

export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
}

/** Rows for a terminal. */
export function tableOf({ title, figures }: Section): string {
  const rows = figures.map((figure) => [figure.title, amount(figure.value, figure.unit), besideFloor(figure), verdict(figure)]);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return [title, ...rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd()}`)].join('\n');
}

/** Rows for a document. */
export function markdownOf({ title, figures }: Section, pictures: readonly string[]): string {
  const anchor = title.toLowerCase().replaceAll(' ', '-');
  const picture = pictures.includes(anchor) ? [
    '<picture>', `<source media="(prefers-color-scheme: dark)" srcset="benchmarks/${anchor}-dark.svg">`,
    `<img alt="${title}, as in the table below" src="benchmarks/${anchor}-light.svg">`, '</picture>', '',
  ] : [];
  return [
    `## ${title}`, '', ...picture,
    '| what | measured | floor | ratio | goal | rivals | how |', '| --- | --- | --- | --- | --- | --- | --- |',
    ...figures.map((figure) => `| ${[
      figure.title, amount(figure.value, figure.unit), figure.floor ? `${amount(figure.floor.value, figure.unit)}: ${figure.floor.title}` : '',
      ratioOf(figure)?.toFixed(2) ?? '', figure.goal === undefined ? '' : `${figure.goal}`,
      (figure.rivals ?? []).map((rival) => `${amount(rival.value, figure.unit)}: ${rival.title}`).join('; '), figure.note ?? '',
    ].join(' | ')} |`), '',
  ].join('\n');
}

/** What is worse than it has been; a bound is a ratio, or the value itself where there is no floor. */
export function regressions(figures: readonly Figure[], bounds: Readonly<Record<string, number>>): string[] {
  return figures.filter(({ counted }) => counted).flatMap((figure) => {
    const bound = bounds[figure.id];
    const value = ratioOf(figure) ?? figure.value;
    return bound !== undefined && value > bound * 1.02 ? [`${figure.id}: ${value.toFixed(3)}, and the bound is ${bound}`] : [];
  });
}

function besideFloor(figure: Figure): string {
  const ratio = ratioOf(figure);
  if (ratio !== undefined) return `${ratio.toFixed(2)} x ${figure.floor?.title}`;
  return (figure.rivals ?? []).slice(0, 1).map(({ title, value }) => `${title}: ${amount(value, figure.unit)}`).join('; ');
}

function verdict(figure: Figure): string {
  const ratio = ratioOf(figure);
  if (figure.goal === undefined || ratio === undefined) return '';
  return ratio <= figure.goal ? `goal ${figure.goal}` : `goal ${figure.goal}: NOT REACHED`;
}

function amount(value: number, unit: Figure['unit']): string {
  if (unit === 'USD') return `$${value.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: value < 1 ? 4 : 2 })}`;
  const digits = unit === 'calls' ? (Number.isInteger(value) ? 0 : 2) : value >= 100 ? 0 : value >= 1 ? 1 : 3;
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`;
}
