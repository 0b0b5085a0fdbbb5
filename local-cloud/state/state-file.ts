import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Services } from '../services';
import { captureState, restoreState, type SavedState } from './saved-state';

/** The state file is there, but cannot be used. */
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

  private constructor(private readonly file: string, private readonly services: Services, names: SavedState['names']) {
    this.names = new Map(Object.entries(names));
    services.calls.onEnd(({ status }) => { if (status === 200) this.saveSoon(); });
    services.tunneling.onChange(() => this.saveSoon());
  }

  /** Puts the services into the state that the file holds; a file that isn't there yet is an empty state. @throws StateError */
  static async open(file: string, services: Services): Promise<StateFile> {
    const saved = await read(file);
    if (saved) await restoreState(services, saved);
    return new StateFile(file, services, saved?.names ?? {});
  }

  /** Writes beside the file and renames, so that a crash leaves the old state or the new one. */
  save(): Promise<void> {
    this.pending?.();
    this.pending = undefined;
    this.writing = this.writing.catch(() => undefined).then(async () => { // an earlier failure was told to whoever saved then
      const state = await captureState(this.services, Object.fromEntries(this.names));
      await writeFile(`${this.file}.tmp`, `${JSON.stringify(state)}\n`, { mode: 0o600 });
      await rename(`${this.file}.tmp`, this.file);
    });
    return this.writing;
  }

  /** Saves a last time. How the services go down from here on, connection by connection, is no part of the state. */
  close(): Promise<void> {
    this.closed = true;
    return this.save();
  }

  private saveSoon(): void {
    if (!this.closed) this.pending ??= this.services.clock.after(PAUSE, () => void this.save().catch(() => undefined));
  }
}

async function read(file: string): Promise<SavedState | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new StateError(`the state file '${file}' cannot be read: ${error.message}`);
  });
  if (text === undefined) return undefined;
  try {
    const state = JSON.parse(text) as SavedState;
    if (state.version === 1) return state;
  } catch { /* said below */ }
  throw new StateError(`'${file}' is no state file of this version; move it away to start afresh`);
}
