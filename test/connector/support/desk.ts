import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IoTSecureTunnelingClient } from '@aws-sdk/client-iotsecuretunneling';
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../../../local-cloud/cloud';
import { StubRotator } from './stub-rotator';

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

  async end(): Promise<void> {
    await this.rotator.close();
    this.tunneling.destroy();
    await this.cloud.close();
    rmSync(this.directory, { recursive: true });
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, this.before);
  }
}
