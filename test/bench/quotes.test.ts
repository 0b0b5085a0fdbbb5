import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from '../../bench/figure';
import { PRICES } from '../../bench/prices';
import { quotable, requote } from '../../bench/quotes';

const ROOT = join(__dirname, '..', '..');

const blip: Figure = {
  id: 'blip', title: 'until all are back', unit: 's', value: 103, floor: { title: 'at the quota', value: 100 }, rivals: [{ title: 'the rival', value: 268 }],
};

describe('a figure in a document', () => {
  const shown = quotable([blip]);

  it.each([
    ['the figure', '[90 s](docs/benchmarks.md#blip "blip")', '[103 s](docs/benchmarks.md#blip "blip")'],
    ['its floor', '[?](benchmarks.md "blip.floor")', '[100 s](benchmarks.md "blip.floor")'],
    ['its ratio', '[?](benchmarks.md "blip.ratio")', '[1.03](benchmarks.md "blip.ratio")'],
    ['its rival', '[?](benchmarks.md "blip.rival")', '[268 s](benchmarks.md "blip.rival")'],
    ['one that was not measured', '[9 s](benchmarks.md "other")', '[9 s](benchmarks.md "other")'],
    ['a link that is no quote', '[the benchmarks](benchmarks.md#blip)', '[the benchmarks](benchmarks.md#blip)'],
  ])('GIVEN %s THEN it says what was measured', (_, before, after) => {
    expect(requote(`All are back after ${before}, at best.`, shown)).toBe(`All are back after ${after}, at best.`);
  });
});

/** What users read, but for the benchmarks themselves. */
const DOCUMENTS = ['README.md', ...readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md') && name !== 'benchmarks.md').map((name) => `docs/${name}`)];
const textOf = (document: string) => readFileSync(join(ROOT, document), 'utf8');
const measured = () => (JSON.parse(readFileSync(join(ROOT, 'docs', 'benchmarks', 'measured.json'), 'utf8')) as { shown: Record<string, string> }).shown;

describe('what the documents say', () => {
  it.each(DOCUMENTS)('GIVEN %s THEN each quote in it is the figure that was measured last', (document) => {
    const text = textOf(document);
    expect(requote(text, measured())).toBe(text);
  });

  it.each(DOCUMENTS)('GIVEN %s THEN each quote in it is of a figure that there is', (document) => {
    const quoted = [...textOf(document).matchAll(/benchmarks\.md(?:#[^()\s]*)? "([^"]+)"\)/g)].map(([, id]) => id);
    expect(quoted.filter((id) => !(id in measured()))).toEqual([]);
  });

  /** Sums that nobody measures: AWS's own, and what follows from them by one step. */
  const LIST_PRICES: Readonly<Record<string, number>> = {
    '0.40 USD': PRICES.secretsManager.secretMonth,
    '0.007 USD': Number((PRICES.secretsManager.secretMonth / 30 / 2).toFixed(3)),
    '6 USD': 6, // "5 or 6 USD", as users were told in 2020
  };

  it.each(DOCUMENTS)('GIVEN %s THEN each sum of money in it is a quote, or a list price', (document) => {
    const bare = textOf(document).replace(/\[[^\]]*\]\([^()\s]*benchmarks\.md(?:#[^()\s]*)? "[^"]+"\)/g, '').replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '');
    const sums = bare.match(/\$\d[\d,.]*|\d[\d,.]* (?:USD|cents)|\w+ cents/g) ?? [];
    expect(sums.filter((sum) => !(sum in LIST_PRICES) && sum !== 'few cents')).toEqual([]);
  });

  it('GIVEN a list price THEN it is the one in the table', () => {
    for (const [sum, price] of Object.entries(LIST_PRICES)) expect(Number.parseFloat(sum)).toBe(price);
  });
});
