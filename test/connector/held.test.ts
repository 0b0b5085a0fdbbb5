import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { connect } from '../../connector/connect';
import { TunnelTokenRotator } from '../../lib';
import { type LocalCloud, startLocalCloud } from '../../local-cloud/cloud';
import { CHILD } from './support/desk';

/** The rotator as it ships holds back, and the operator reads why. */
const before = { ...process.env };
let directory: string;
let cloud: LocalCloud;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tunnel-source-held-'));
  cloud = await startLocalCloud();
  Object.assign(process.env, cloud.env, { AWS_EC2_METADATA_DISABLED: 'true' });
});

afterAll(async () => {
  await cloud.close();
  rmSync(directory, { recursive: true });
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, before);
});

it('shows that a tunnel drops too often, and when its next token comes', async () => {
  const app = new App({ outdir: join(directory, 'cdk.out') });
  const { secretPrefix } = new TunnelTokenRotator(new Stack(app, 'Tunnels'), 'Rotator', { flapBudget: { burst: 1, refill: Duration.minutes(8) } });
  app.synth();
  await cloud.deploy(join(directory, 'cdk.out'));
  const tunneling = new IoTSecureTunnelingClient({});
  const { tunnelId = '' } = await tunneling.send(new OpenTunnelCommand({}));
  tunneling.destroy();

  const connection = connect({
    tunnelId, secretPrefix, footprints: join(directory, 'footprints'), policy: { askAgain: { first: 1_000, factor: 1, longest: 1_000 } },
    command: [...CHILD, 'cut'],
  });
  for await (const state of connection) {
    // A slow machine asks twice for the first token, and the second time is told that this one was not used yet.
    if (state.state !== 'held' || state.reason !== 'flapping') continue;
    expect(state).toMatchObject({ drops: 1 });
    expect(state.until! - Date.now()).toBeGreaterThan(7 * 60_000);
    // A moment more, since whoever looks then may have a clock behind.
    expect(state.until! - Date.now()).toBeLessThanOrEqual(8 * 60_000 + 2_000);
    break;
  }
  expect(cloud.calls.denied).toEqual([]);
});
