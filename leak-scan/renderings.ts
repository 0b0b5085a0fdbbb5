import { inspect } from 'node:util';

/** A value as it would be written down: its text, all that an inspector shows, its JSON, and the same of every cause. */
export function renderings(value: unknown): string[] {
  const own = [String(value), inspect(value, { depth: null, showHidden: true }), json(value)];
  if (!(value instanceof Error)) return own;
  const { stack = '', cause } = value;
  return [...own, stack, ...(cause === undefined ? [] : renderings(cause))];
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return ''; // it goes in circles; the inspector has shown it
  }
}
