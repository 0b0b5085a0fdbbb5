import type { Figure } from '../../bench/figure';
import { quotable, requote } from '../../bench/quotes';

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
