import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How large a world is; or, if it was given up, how much of it was seen. */
export interface Size {
  readonly world: string;
  readonly schedules: number;
  readonly states: number;
  readonly longest: number;
  /** Of processor time. */
  readonly seconds: number;
  readonly complete: boolean;
}

/** Where a seeded bug fell, and after how many states. */
export interface Fall {
  readonly bug: string;
  readonly world: string;
  readonly invariant: number;
  readonly states: number;
}

/** What was measured last: the document shows it, and tests look for bugs where they fell. */
export interface Records {
  readonly worlds: readonly Size[];
  readonly falls: readonly Fall[];
}

const FILE = join(__dirname, 'records.json');

export const records = (): Records => JSON.parse(readFileSync(FILE, 'utf8')) as Records;

/** What is not measured anew stays. */
export function remember({ worlds = [], falls = [] }: Partial<Records>): void {
  const before = records();
  const merged: Records = {
    worlds: merge(before.worlds, worlds, ({ world }) => world),
    falls: merge(before.falls, falls, ({ bug }) => bug),
  };
  const list = (rows: readonly object[]) => rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
  writeFileSync(FILE, `{\n  "worlds": [\n${list(merged.worlds)}\n  ],\n  "falls": [\n${list(merged.falls)}\n  ]\n}\n`);
}

function merge<T>(before: readonly T[], now: readonly T[], nameOf: (row: T) => string): T[] {
  const fresh = new Map(now.map((row) => [nameOf(row), row]));
  const kept = before.map((row) => fresh.get(nameOf(row)) ?? row);
  const known = new Set(before.map(nameOf));
  return [...kept, ...now.filter((row) => !known.has(nameOf(row)))];
}
