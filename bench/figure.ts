/** One thing that was measured, beside the least that it could be. */
export interface Figure {
  /** Stable, for the bounds that CI keeps: `cold-start.rotator`. */
  readonly id: string;
  readonly title: string;
  readonly unit: 'ms' | 'kB' | 's' | 'calls' | 'USD' | 'µs' | 'MB' | 'M';
  readonly value: number;
  /** The least that is possible, and what that is. Without one the figure stands for itself. */
  readonly floor?: Bar;
  /** What people would otherwise build or do. */
  readonly rivals?: readonly Bar[];
  /** `value / floor` at most. */
  readonly goal?: number;
  /** The ratio is made of counts or sizes, which no busy machine changes: CI may hold it against its bound. */
  readonly counted?: boolean;
  /** How it came about, in a line. */
  readonly note?: string;
}

export interface Bar {
  readonly title: string;
  readonly value: number;
}

/** How much time may be spent. */
export type Effort = 'quick' | 'full';

export interface Bench {
  readonly title: string;
  /** Progress, a line at a time, goes to `say`. */
  measure(effort: Effort, say: (line: string) => void): Promise<readonly Figure[]>;
}

export function ratioOf({ value, floor }: Figure): number | undefined {
  return floor && floor.value > 0 ? value / floor.value : undefined;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** As people read it. */
export function amount(value: number, unit: Figure['unit']): string {
  if (unit === 'USD') return `$${value.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: value < 1 ? 4 : 2 })}`;
  const digits = unit === 'calls' ? (Number.isInteger(value) ? 0 : 2) : value >= 100 ? 0 : value >= 1 ? 1 : 3;
  return `${value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`;
}
