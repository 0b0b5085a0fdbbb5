/** So many entries of each kind are kept; a cloud that runs for weeks forgets the oldest. */
const MOST = 100_000;

/** Appends to a list that must not grow for ever. */
export function remember<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > MOST * 1.2) list.splice(0, list.length - MOST);
}
