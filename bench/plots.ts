import type { TopLevelSpec } from 'vega-lite' with { 'resolution-mode': 'import' };
import type { Figure } from './figure';

/** Of the page that the picture stands on. */
export interface Scheme {
  readonly name: 'light' | 'dark';
  readonly text: string;
  readonly grid: string;
  readonly bars: readonly [ours: string, floor: string, rival: string];
}

export const SCHEMES: readonly Scheme[] = [
  { name: 'light', text: '#1f2328', grid: '#d0d7de', bars: ['#1b7f4d', '#8c959f', '#cf6a1c'] },
  { name: 'dark', text: '#e6edf3', grid: '#30363d', bars: ['#3fb950', '#6e7681', '#f0883e'] },
];

const KINDS = ['this project', 'floor', 'rival'] as const;

/** Bars for figures of one unit, each beside its floor and its rivals. */
export async function plot(figures: readonly Figure[], scheme: Scheme): Promise<string> {
  // Both are ES modules only.
  const [vega, lite] = await Promise.all([import('vega'), import('vega-lite')]);
  const spec: TopLevelSpec = {
    width: 460,
    background: 'transparent',
    data: { values: figures.flatMap(barsOf) },
    mark: { type: 'bar', tooltip: false },
    encoding: {
      y: {
        field: 'figure', type: 'nominal', sort: null, title: null,
        axis: { labelLimit: 340, labelColor: scheme.text, domainColor: scheme.grid, ticks: false },
      },
      yOffset: { field: 'kind', type: 'nominal', sort: [...KINDS] },
      x: {
        field: 'value', type: 'quantitative', title: figures[0].unit,
        axis: { labelColor: scheme.text, titleColor: scheme.text, gridColor: scheme.grid, domainColor: scheme.grid, tickColor: scheme.grid },
      },
      color: {
        field: 'kind', type: 'nominal', scale: { domain: [...KINDS], range: [...scheme.bars] }, title: null,
        legend: { orient: 'bottom', labelColor: scheme.text },
      },
    },
    config: { view: { stroke: null }, font: 'Helvetica, Arial, sans-serif' },
  };
  return new vega.View(vega.parse(lite.compile(spec).spec), { renderer: 'none' }).toSVG();
}

function barsOf({ title, value, floor, rivals = [] }: Figure): { figure: string; kind: typeof KINDS[number]; value: number }[] {
  return [
    { figure: title, kind: 'this project', value },
    ...(floor ? [{ figure: title, kind: 'floor' as const, value: floor.value }] : []),
    ...rivals.slice(0, 1).map((rival) => ({ figure: title, kind: 'rival' as const, value: rival.value })),
  ];
}
