import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RunningCloud } from '../../local-cloud/running-cloud';

/** Where AWS's own local proxy is installed, if it is: https://github.com/aws-samples/aws-iot-securetunneling-localproxy */
export const OFFICIAL_PROXY = ((): string | undefined => {
  try {
    return execFileSync('sh', ['-c', 'command -v localproxy'], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
})();

/** Tests that need it are skipped, and say so, where it is not installed. */
export const withOfficialProxy = OFFICIAL_PROXY ? it : it.skip;
export const WHERE_INSTALLED = OFFICIAL_PROXY ? '' : ': localproxy is not on PATH';

/** The official local proxy as a process, on a local cloud that speaks TLS. */
export class OfficialProxy {
  private output = '';
  private changed: () => void = () => undefined;

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.changed();
      });
    }
    child.once('close', () => this.changed());
  }

  static start({ endpoint, tls }: RunningCloud, token: string, args: readonly string[]): OfficialProxy {
    const child = spawn(OFFICIAL_PROXY!, ['-e', new URL(endpoint).host, '-c', tls!.caDirectory, '-v', '6', ...args], {
      env: { ...process.env, AWSIOT_TUNNEL_ACCESS_TOKEN: token }, stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new OfficialProxy(child);
  }

  /** Resolves as soon as it has printed this. @throws if it ended without */
  async says(text: string | RegExp): Promise<string> {
    for (;;) {
      const found = typeof text === 'string' ? (this.output.includes(text) ? text : undefined) : text.exec(this.output)?.[0];
      if (found !== undefined) return found;
      if (this.child.exitCode !== null) throw new Error(`the official proxy ended without saying ${text}:\n${this.output}`);
      await new Promise<void>((resolve) => { this.changed = resolve; });
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'close');
  }
}
