import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { keysAreFixed } from '../../../connector/aws/clients';
import type { LocalCloud } from '../../../local-cloud/cloud';
import { AwsError } from '../../../local-cloud/service';
import { Console } from '../support/console';
import { CHILD, Desk } from '../support/desk';
import { PREFIX, type StubRotator } from '../support/stub-rotator';

/** Keys that run out in the middle of a session, in a file and in the environment, as the SDK really finds them. */
let desk: Desk;
let directory: string;
let file: string;
let cloud: LocalCloud;
let rotator: StubRotator;
let line: string;

const writeKeys = (id: string) => writeFileSync(file, `[default]\naws_access_key_id = ${id}\naws_secret_access_key = none\n`);

beforeEach(async () => {
  desk = await Desk.begin();
  ({ cloud, rotator, directory } = desk);
  const { tunnelId } = await desk.tunneling.send(new OpenTunnelCommand({}));
  line = `--tunnel-id ${tunnelId} --prefix ${PREFIX} --region eu-west-1`;
  file = join(directory, 'credentials');
  process.env.AWS_SHARED_CREDENTIALS_FILE = file;
  await rotator.deliver(tunnelId!);
  // From the first drop on, the old keys are worth nothing.
  cloud.calls.intercept(async (call, proceed) => {
    if (call.accessKeyId === 'OLDKEYS' && console.states.some(({ state }) => state === 'connected')) throw new AwsError('ExpiredTokenException', 'expired', 403);
    return proceed();
  });
});

let console: Console;
beforeEach(() => { console = new Console(); });

afterEach(async () => {
  await desk.end();
});

it('goes on with the keys that somebody wrote into the file meanwhile', async () => {
  delete process.env.AWS_ACCESS_KEY_ID;
  delete process.env.AWS_SECRET_ACCESS_KEY;
  writeKeys('OLDKEYS');
  const code = console.run(`${line} --json`, [...CHILD, 'cut once']);
  await console.shows('log in again, or renew your keys. This session waits');
  writeKeys('NEWKEYS');
  await console.shows('"connected"', 2);
  console.signals.emit('SIGINT');
  expect(await code).toBe(0);
  expect(console.states.at(-1)).toMatchObject({ drops: 1 });
});

it('does not wait for keys in its own environment to change', async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'OLDKEYS', AWS_SECRET_ACCESS_KEY: 'none' });
  expect(await console.run(`${line} --json`, [...CHILD, 'cut once'])).toBe(16);
  expect(console.err).toContain('where nothing changes while it runs: set fresh ones and start it again.');
});

it.each<[boolean, NodeJS.ProcessEnv]>([
  [true, { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'S' }],
  [false, { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'S', AWS_PROFILE: 'p' }],
  [false, { AWS_ACCESS_KEY_ID: 'A' }],
  [false, {}],
])('fixed: %s for %j', (fixed, env) => {
  expect(keysAreFixed(env)).toBe(fixed);
});
