/** One place where something may have been written down, and what stands there. */
export interface Trace {
  readonly place: string;
  readonly text: string;
}

/** Names of the places whose text holds `needle`; never the text itself. */
export function findLeaks(traces: Iterable<Trace>, needle: string): string[] {
  const places = [...traces].filter(({ text }) => text.includes(needle)).map(({ place }) => place);
  return [...new Set(places)];
}
