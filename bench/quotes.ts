import { amount, ratioOf, type Figure } from './figure';

/**
 * A figure that a document quotes: a link to the benchmarks whose title names it, as in `[103 s](benchmarks.md#blip "blip.1000.10.time")`. `.ratio`,
 * `.floor` and `.rival` behind the id stand for what is beside it.
 */
const QUOTE = /\[[^\]]*\](\([^()\s]*benchmarks\.md(?:#[^()\s]*)? "([^"]+)"\))/g;

/** What may be quoted, as it is shown. */
export function quotable(figures: readonly Figure[]): Record<string, string> {
  return Object.fromEntries(figures.flatMap((figure) => {
    const { id, value, unit, floor, rivals: [rival] = [] } = figure;
    return [
      [id, amount(value, unit)],
      ...(floor ? [[`${id}.floor`, amount(floor.value, unit)], [`${id}.ratio`, (ratioOf(figure) ?? 0).toFixed(2)]] : []),
      ...(rival ? [[`${id}.rival`, amount(rival.value, unit)]] : []),
    ];
  }));
}

/** The document with its quotes as they are now. What is quoted and was not measured stays. */
export function requote(document: string, shown: Readonly<Record<string, string>>): string {
  return document.replace(QUOTE, (quote, link: string, id: string) => (id in shown ? `[${shown[id]}]${link}` : quote));
}
