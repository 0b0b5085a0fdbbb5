import { amount, ratioOf, type Figure } from './figure';

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

/** As GitHub makes the anchor of a heading. */
export const anchorOf = (title: string) => title.toLowerCase().replaceAll(' ', '-');

/** Rows for a document. */
export function markdownOf({ title, figures }: Section, hasPicture: boolean, how: string): string {
  const anchor = anchorOf(title);
  const picture = hasPicture ? [
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
    ].join(' | ')} |`), '', how, '',
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
