import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { run } from '../../../connector/cli/run';
import type { World } from '../../../connector/cli/world';

/** A person at a terminal, or a script at its pipes, with the connector running in this process. */
export class Console {
  readonly signals = new EventEmitter();
  out = '';
  err = '';
  private ahead = 0;
  private readonly stdin: PassThrough & { isTTY?: boolean };
  private readonly changed = new EventEmitter();

  constructor({ terminal = false } = {}) {
    this.stdin = Object.assign(new PassThrough(), { isTTY: terminal });
    this.world = {
      env: process.env,
      stdin: this.stdin,
      stdout: this.stream((text) => { this.out += text; }),
      stderr: Object.assign(this.stream((text) => { this.err += text; }), { isTTY: terminal, columns: 200 }),
      signals: this.signals,
      now: () => Date.now() + this.ahead,
    };
  }

  readonly world: World;

  run(line: string, command: readonly string[] = []): Promise<number> {
    return run([...line.split(' ').filter(Boolean), ...(command.length > 0 ? ['--', ...command] : [])], this.world);
  }

  /** Resolves as soon as the text was printed, so many times. */
  async shows(text: string, times = 1): Promise<void> {
    while ((this.out + this.err).split(text).length <= times) await new Promise((resolve) => this.changed.once('printed', resolve));
  }

  /** The person lets so many milliseconds pass. */
  waits(milliseconds: number): void {
    this.ahead += milliseconds;
  }

  type(text: string): void {
    this.stdin.write(text);
  }

  /** States that were printed with `--json`. */
  get states(): { readonly state: string; readonly [field: string]: unknown }[] {
    return this.out.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  private stream(take: (text: string) => void): PassThrough {
    const stream = new PassThrough();
    stream.setEncoding('utf8').on('data', (text: string) => {
      take(text);
      this.changed.emit('printed');
    });
    return stream;
  }
}
