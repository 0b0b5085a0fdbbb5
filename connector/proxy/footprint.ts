import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, markOf, type ProcessMark } from './processes';

/** What an earlier connector of the same tunnel left on this machine. */
export type Leftover =
  /** It still runs, as this process. */
  | { readonly kind: 'connector'; readonly pid: number }
  /** It is gone, killed perhaps; its child still runs, as the leader of this process group. */
  | { readonly kind: 'orphan'; readonly pid: number }
  | { readonly kind: 'nothing' };

interface Prints {
  readonly connector: ProcessMark;
  readonly child?: ProcessMark;
}

/**
 * A small file that names our process and our child's, so that the next connector finds what a SIGKILL left behind. Process ids and
 * start times only. It lies in a directory that nobody else can write to, because what it names may get killed.
 */
export class Footprint {
  private readonly name: string;
  private mine = false;

  /** @param key tells tunnels apart; only its hash shows */
  constructor(private readonly directory: string, key: string) {
    this.name = join(directory, createHash('sha256').update(key).digest('hex').slice(0, 32));
  }

  private get file(): string {
    return `${this.name}.json`;
  }

  /** A file beside it, for what else is noted of the tunnel; undefined where nothing may be noted. */
  beside(suffix: string): string | undefined {
    return this.mine ? `${this.name}${suffix}` : undefined;
  }

  /**
   * Claims the tunnel for this process, if no other connector lives.
   *
   * @returns what was found; a `connector` keeps its claim
   * @throws Error if the directory belongs to somebody else
   */
  claim(): Leftover {
    this.checkDirectory();
    for (;;) {
      const self = markOf(process.pid);
      if (!self || this.writeNew({ connector: self })) return { kind: 'nothing' };
      const prints = this.read();
      if (prints && isAlive(prints.connector)) return { kind: 'connector', pid: prints.connector.pid };
      rmSync(this.file, { force: true });
      if (prints?.child && isAlive(prints.child)) {
        this.writeNew({ connector: self });
        return { kind: 'orphan', pid: prints.child.pid };
      }
    }
  }

  /** Notes the child that runs now. */
  note(pid: number | undefined): void {
    const connector = markOf(process.pid);
    if (!this.mine || !connector) return;
    const prints: Prints = { connector, child: pid === undefined ? undefined : markOf(pid) };
    const draft = `${this.file}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(prints), { mode: 0o600 });
    renameSync(draft, this.file);
  }

  release(): void {
    if (this.mine) rmSync(this.file, { force: true });
    this.mine = false;
  }

  private writeNew(prints: Prints): boolean {
    try {
      writeFileSync(this.file, JSON.stringify(prints), { flag: 'wx', mode: 0o600 });
      this.mine = true;
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  private read(): Prints | undefined {
    try {
      return JSON.parse(readFileSync(this.file, 'utf8')) as Prints;
    } catch {
      return undefined; // cut short, or gone since
    }
  }

  private checkDirectory(): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    const found = lstatSync(this.directory);
    const foreign = found.uid !== (process.getuid?.() ?? found.uid);
    const open = process.platform !== 'win32' && (found.mode & 0o022) !== 0;
    if (!found.isDirectory() || foreign || open) {
      throw new Error(`${this.directory} must be a directory of yours that nobody else can write to`);
    }
  }
}
