import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IoTSecureTunnelingClient } from '@aws-sdk/client-iotsecuretunneling';
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../../../local-cloud/cloud';
import { AwsError } from '../../../local-cloud/service';
import type { Console } from './console';
import { StubRotator } from './stub-rotator';

/** A child whose part is named by its next argument. */
export const CHILD = [process.execPath, join(__dirname, 'scripted-child.mjs')];

/** Where an operator works: this process's environment leads to a local cloud, with a stub in the rotator's place, and to a directory of his own. */
export class Desk {
  static async begin(options?: LocalCloudOptions): Promise<Desk> {
    return new Desk(await startLocalCloud(options));
  }

  readonly directory = mkdtempSync(join(tmpdir(), 'tunnel-source-desk-'));
  readonly rotator: StubRotator;
  readonly tunneling: IoTSecureTunnelingClient;
  private readonly before = { ...process.env };

  private constructor(readonly cloud: LocalCloud) {
    Object.assign(process.env, cloud.env, {
      XDG_RUNTIME_DIR: this.directory, AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    });
    this.rotator = new StubRotator(cloud);
    this.tunneling = new IoTSecureTunnelingClient({});
  }

  /** From now on, and until the function that it returns is called. */
  deny(action: string, code = 'AccessDeniedException', status = 400): () => void {
    return this.cloud.calls.intercept(async (call, proceed) => {
      if (call.action === action) throw new AwsError(code, 'no', status);
      return proceed();
    });
  }

  /** No token anywhere, and nothing left running or lying around. */
  expectClean(console: Console): void {
    expect((console.out + console.err).includes('LOCALCAT')).toBe(false);
    expect(readdirSync(join(this.directory, 'tunnel-source')).filter((name) => name.endsWith('.json'))).toEqual([]);
    expect(console.signals.eventNames()).toEqual([]);
  }

  async end(): Promise<void> {
    await this.rotator.close();
    this.tunneling.destroy();
    await this.cloud.close();
    rmSync(this.directory, { recursive: true });
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, this.before);
  }
}
