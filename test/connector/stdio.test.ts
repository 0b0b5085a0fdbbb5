import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import * as net from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { length } from '../support/length';
import { bundle } from './support/bundle';
import { freePort } from './support/operator';
import { WholeStack } from './support/whole-stack';

/** `--stdio`: standard input and output are the connection, which is how ssh takes a proxy. */

let stack: WholeStack;
let command: string;
beforeAll(async () => {
  stack = await WholeStack.begin({}, {});
  command = bundle('tunnel-source', stack.directory);
});
afterEach(() => stack.endTests());
afterAll(() => stack.end());

const SSHD = ((): string | undefined => {
  try {
    return process.getuid?.() === 0 ? execFileSync('sh', ['-c', 'command -v sshd && command -v ssh && command -v ssh-keygen'], { encoding: 'utf8' }).split('\n')[0] : undefined;
  } catch {
    return undefined;
  }
})();

/** A device and its tunnel, to which nobody has connected. */
async function tunnelTo(devicePort?: number): Promise<string> {
  const { tunnelId, operator, end } = await stack.operator((port) => ({ proxy: { services: [`SSH=${port}`] } }), devicePort);
  void end;
  await operator.connected(); // so that there is a token
  await operator.stop();
  return tunnelId;
}

const args = (tunnelId: string) => [command, '--tunnel-id', tunnelId, '--prefix', stack.prefix, '--region', 'eu-west-1', '--stdio', 'SSH'];

test('what goes in comes out at the device, and the end of one is the end of the other', async () => {
  const tunnelId = await tunnelTo();
  const child = spawn(process.execPath, args(tunnelId), { env: { ...process.env, XDG_RUNTIME_DIR: stack.directory }, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => { said += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { complaints += text; });
  child.stdin.write('hello, device');
  while (!said.includes('hello, device') && child.exitCode === null) await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  expect(await stack.findLeaks()).toEqual([]); // while it lives
  child.stdin.end();
  const [code] = await once(child, 'close');
  expect({ said, complaints, code }).toEqual({ said: 'hello, device', complaints: '', code: 0 });
  expect(await stack.findLeaks()).toEqual([]);
});

(SSHD ? test : test.skip)(`a real sshd is reached by a real ssh, ${length(3, 20)} times${SSHD ? '' : ': sshd is not installed, or we are not root'}`, async () => {
  const home = join(stack.directory, 'ssh');
  mkdirSync(home, { mode: 0o700 });
  for (const name of ['host', 'user']) execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(home, name)]);
  const port = await freePort();
  writeFileSync(join(home, 'sshd_config'), [
    `Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${join(home, 'host')}`, `AuthorizedKeysFile ${join(home, 'user.pub')}`, 'StrictModes no', 'UsePAM no',
    'PermitRootLogin yes', `PidFile ${join(home, 'pid')}`,
  ].join('\n'));
  mkdirSync('/run/sshd', { recursive: true });
  const sshd = spawn(SSHD!, ['-D', '-e', '-f', join(home, 'sshd_config')], { stdio: 'ignore' });
  try {
    await untilListening(port);
    const wrapper = join(home, 'proxy.sh');
    const tunnelId = await tunnelTo(port);
    writeFileSync(wrapper, `#!/bin/sh\nexec ${process.execPath} ${args(tunnelId).join(' ')}\n`);
    chmodSync(wrapper, 0o755);
    const ssh = (line: string) => promisify(execFile)('ssh', [
      '-F', '/dev/null', '-i', join(home, 'user'), '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR',
      '-o', `ProxyCommand=${wrapper}`, `${userInfo().username}@pump-7`, line,
    ], { env: { ...process.env, XDG_RUNTIME_DIR: stack.directory } });
    for (let session = 1; session <= length(3, 20); session++) {
      expect((await ssh(`echo session ${session}; head -c 300000 /dev/zero | wc -c`)).stdout.trim().split(/\s+/)).toEqual(['session', String(session), '300000']);
    }
    // One to begin with, and one for the first process, which didn't know what the operator's own had connected with.
    expect(stack.cloud.tunneling.admin.record(tunnelId).source).toMatchObject({ rotations: 2, connects: length(3, 20) + 1 });
  } finally {
    sshd.kill();
  }
}, length(60_000, 300_000));

async function untilListening(port: number): Promise<void> {
  for (;;) {
    const socket = net.connect(port, '127.0.0.1');
    const up = await new Promise((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)));
    socket.destroy();
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
