import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalCloud, type LocalCloud } from '../../../local-cloud/cloud';

const BUNDLE = join(__dirname, '..', '..', '..', 'local-cloud', 'dist', 'tunnel-local-cloud.js');

let cloud: LocalCloud;
beforeEach(async () => { cloud = await startLocalCloud(); });
afterEach(() => cloud.close());

test.each(['SIGINT', 'SIGTERM'] as const)('GIVEN the command that ships, with a tunnel open WHEN it gets %s THEN it closes the tunnel and ends', async (signal) => {
  const opened = cloud.calls.next({ action: 'OpenTunnel' });
  const child = spawn(process.execPath, [BUNDLE, 'calibrate', '--yes', '--out', join(tmpdir(), 'never-written.json')], {
    env: { ...process.env, ...cloud.env }, stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  await opened;

  child.kill(signal);
  const [code] = await ended;

  expect(code).toBe(130);
  expect(cloud.tunneling.admin.tunnels().map(({ status }) => status)).toEqual(['CLOSED']);
});
