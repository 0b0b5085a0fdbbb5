import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catch } from './run';

/** A world in which a seeded bug is known to do harm, by the bug's sentence. */
export type KnownWorlds = Readonly<Record<string, { readonly seed: number; readonly world: number }>>;

const FILE = join(__dirname, 'known-worlds.json');

/** Where each seeded bug was found last, so that a test need not hunt for it among thousands of drops. */
export const knownWorlds = (): KnownWorlds => JSON.parse(readFileSync(FILE, 'utf8')) as KnownWorlds;

/** A bug that was not found this time keeps its world. */
export function remember(catches: readonly Catch[], seed: number): void {
  const known = existsSync(FILE) ? knownWorlds() : {};
  const found = catches.map(({ bug, caught }) => [bug, caught ? { seed, world: caught.world } : known[bug]] as const);
  const lines = found.filter(([, where]) => where).map(([bug, where]) => `  ${JSON.stringify(bug)}: ${JSON.stringify(where)}`);
  writeFileSync(FILE, `{\n${lines.join(',\n')}\n}\n`);
}
