import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startLocalCloud, type LocalCloud, type LocalCloudOptions } from '../local-cloud/cloud';
import type { Deployment } from '../local-cloud/deploy/deployment';

/** The template's sweep runs every minute; the local schedule shortens that so nobody has to watch a clock. */
const SWEEP_PERIOD = 2_000;

/** The stack on a local cloud, as it stands while a demo runs. */
export interface Stage {
  readonly cloud: LocalCloud;
  readonly deployment: Deployment;
  /** Where the rotator lays its tokens. */
  readonly secretPrefix: string;
}

/** Synthesizes the stack, deploys it to a local cloud, runs the demo on it, and puts everything away again. */
export async function onStage<T>(options: LocalCloudOptions, run: (stage: Stage) => Promise<T>, synthesized: () => void = () => undefined): Promise<T> {
  const assembly = await mkdtemp(join(tmpdir(), 'tunnel-token-rotator-'));
  const cloud = await startLocalCloud({ schedulePeriod: SWEEP_PERIOD, ...options });
  Object.assign(process.env, cloud.env); // as anybody points an SDK, and so the connector, at the local cloud
  try {
    await promisify(execFile)('npx', ['cdk', 'synth', '--quiet', '--output', assembly], { cwd: join(__dirname, '..'), shell: process.platform === 'win32' });
    synthesized();
    const deployment = await cloud.deploy(assembly);
    return await run({ cloud, deployment, secretPrefix: deployment.outputs.SecretPrefix });
  } finally {
    await cloud.close();
    await rm(assembly, { recursive: true, force: true });
  }
}
