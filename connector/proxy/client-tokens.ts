import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Confidential } from '../../lib/confidential';

/** The client token that goes with an access token: the pair of them lets a client in again after a cut. */
export type ClientTokens = (token: Confidential) => string;

export const CLIENT_TOKEN_FILE = '.client';
/** No tunnel lives longer, and no token. Milliseconds. */
const TWELVE_HOURS = 43_200_000;

/** What lies in the file. The access token's hash says whether it goes with the one at hand. */
interface Note {
  readonly token: string;
  readonly clientToken: string;
}

/**
 * A random client token for each access token. It is noted, so that the next process for the same tunnel comes back with what this one leaves,
 * instead of asking for a rotation: each `ssh` through `--stdio` is a process. Whoever reads the note cannot connect with it alone.
 *
 * @param file in a directory of this user alone; undefined: nothing is noted
 */
export function clientTokens(file: string | undefined): ClientTokens {
  let last: Note | undefined;
  return (access) => {
    const token = createHash('sha256').update(access.reveal()).digest('hex');
    last ??= read(file);
    if (last?.token !== token) {
      last = { token, clientToken: randomUUID() };
      write(file, last);
    }
    return last.clientToken;
  };
}

function read(file: string | undefined): Note | undefined {
  try {
    const { token, clientToken } = JSON.parse(readFileSync(file ?? '', 'utf8')) as Partial<Note>;
    return typeof token === 'string' && /^[a-f0-9-]{36}$/.test(clientToken ?? '') ? { token, clientToken: clientToken! } : undefined;
  } catch {
    return undefined; // never written, or cut short: then there is a new one
  }
}

/** Best effort: what is not noted costs a rotation, as it does without a client token. */
function write(file: string | undefined, note: Note): void {
  if (file === undefined) return;
  try {
    for (const name of readdirSync(dirname(file))) {
      const other = join(dirname(file), name);
      if (name.endsWith(CLIENT_TOKEN_FILE) && statSync(other).mtimeMs < Date.now() - TWELVE_HOURS) rmSync(other, { force: true });
    }
    rmSync(file, { force: true });
    writeFileSync(file, JSON.stringify(note), { flag: 'wx', mode: 0o600 });
  } catch {
    // a full disk, perhaps
  }
}
