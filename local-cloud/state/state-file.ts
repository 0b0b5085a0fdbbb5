import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Common } from '../common';
import { isRecord } from '../inputs';
import type { Places } from '../places';
import { captureState, restoreState, type SavedState } from './saved-state';

/** The state file cannot be used. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

/** Changes are written so many milliseconds after the first of them. */
const PAUSE = 1_000;

/** Keeps a cloud's state in a file. It holds secrets, so only its owner may read it. */
export class StateFile {
  readonly names: Map<string, string>;
  private pending: (() => void) | undefined;
  private writing: Promise<void> = Promise.resolve();
  private closed = false;

  private constructor(
    private readonly file: string, private readonly places: Places, private readonly common: Common, names: SavedState['names'],
  ) {
    this.names = new Map(Object.entries(names));
    common.calls.onEnd(({ status }) => { if (status === 200) this.saveSoon(); });
    for (const { tunneling } of places.all) tunneling.onChange(() => this.saveSoon());
    places.onStart(({ tunneling }) => tunneling.onChange(() => this.saveSoon()));
  }

  /**
   * Puts the places into the state that the file holds; a file that isn't there yet is an empty state.
   * @throws StateError if it cannot be read, holds something else, or cannot be written
   */
  static async open(file: string, places: Places, common: Common): Promise<StateFile> {
    const saved = await read(file);
    if (saved) await restoreState(places, saved).catch((error: Error) => refuse(file, error));
    const opened = new StateFile(file, places, common, saved?.names ?? {});
    await opened.save(); // whether it can be written is better known now than when there is something to lose
    return opened;
  }

  /** Writes beside the file and renames, so that a crash leaves the old state or the new one. @throws StateError */
  save(): Promise<void> {
    this.pending?.();
    this.pending = undefined;
    this.writing = this.writing.catch(() => undefined).then(async () => { // an earlier failure was told to whoever saved then
      const state = await captureState(this.places, Object.fromEntries(this.names));
      try {
        await writeFile(`${this.file}.tmp`, `${JSON.stringify(state)}\n`, { mode: 0o600 });
        await rename(`${this.file}.tmp`, this.file);
      } catch (error) {
        throw new StateError(`the state file '${this.file}' cannot be written: ${(error as Error).message}`);
      }
    });
    return this.writing;
  }

  /** Saves a last time. How the services go down from here on, connection by connection, is no part of the state. */
  close(): Promise<void> {
    this.closed = true;
    return this.save().catch((error: Error) => this.report(error));
  }

  private saveSoon(): void {
    if (!this.closed) this.pending ??= this.common.clock.after(PAUSE, () => void this.save().catch((error: Error) => this.report(error)));
  }

  private report({ message }: Error): void {
    this.common.options.warn?.(`${message}; what changed since the last time is kept in memory only`);
  }
}

async function read(file: string): Promise<SavedState | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new StateError(`the state file '${file}' cannot be read: ${error.message}`);
  });
  return text === undefined ? undefined : parse(file, text);
}

function parse(file: string, text: string): SavedState {
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch {
    throw new StateError(`'${file}' is no complete state file: it is empty, breaks off, or is something else; move it away to start afresh`);
  }
  if (isRecord(state) && state.version === 2 && isRecord(state.names) && Array.isArray(state.places)) return state as unknown as SavedState;
  throw new StateError(`'${file}' is no state file of this version; move it away to start afresh`);
}

/** It looks like a state and is none: somebody has changed it. */
function refuse(file: string, { message }: Error): never {
  throw new StateError(`'${file}' holds what is no state (${message}); move it away to start afresh`);
}
