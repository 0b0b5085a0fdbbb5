import { setImmediate as turn } from 'node:timers/promises';

/**
 * Loads what the first signal can do without, once the calls to AWS that were just made are on the wire: then it costs nobody any time.
 * `import()` of a file of ours leads to another part of the same bundle, so there is nothing that could be missing.
 */
export async function beside<T>(load: () => Promise<T>): Promise<T> {
  await turn();
  return load();
}

/** A call whose other half is loaded when it is first made. */
export function lazily<F extends (...args: never[]) => Promise<void>>(load: () => Promise<F>): (...args: Parameters<F>) => Promise<void> {
  let loading: Promise<F> | undefined;
  return async (...args) => (await (loading ??= beside(load)))(...args);
}
