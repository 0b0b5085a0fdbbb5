/** So many bytes of each kind are kept; a cloud that runs for weeks, or carries much, forgets the oldest. */
const MOST = 8 * 1024 * 1024;

/** What each entry of a list weighs. */
const weights = new WeakMap<readonly unknown[], { total: number; each: number[] }>();

/** Appends to a list that must not grow for ever. */
export function remember<T>(list: T[], item: T): void {
  const known = weights.get(list) ?? { total: 0, each: [] };
  weights.set(list, known);
  const weight = weigh(item);
  known.total += weight;
  known.each.push(weight);
  list.push(item);
  if (known.total <= MOST * 1.25) return; // many at once: taking from the front of a list moves the rest
  let count = 0;
  while (known.total > MOST && count < list.length - 1) known.total -= known.each[count++];
  known.each.splice(0, count);
  list.splice(0, count);
}

/** About how many bytes something takes. */
function weigh(value: unknown): number {
  if (typeof value === 'string') return 40 + value.length;
  if (ArrayBuffer.isView(value)) return 100 + value.byteLength;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.values(value).reduce<number>((sum, each) => sum + 16 + weigh(each), 40);
}
