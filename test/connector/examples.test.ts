import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { parseArguments } from '../../connector/cli/arguments';
import { startLocalCloud } from '../../local-cloud/cloud';
import { PREFIX, StubRotator } from './support/stub-rotator';
import { CHILD } from './support/desk';

/** The files that people copy. What needs a tool that is not installed here is skipped, and says so. */
const EXAMPLES = join(__dirname, '..', '..', 'connector', 'examples');
const read = (name: string) => readFileSync(join(EXAMPLES, name), 'utf8');
const PYTHON = process.env.PYTHON ?? 'python3';
const works = (file: string, ...args: string[]) => spawnSync(file, args, { stdio: 'ignore' }).status === 0;
const where = (available: boolean) => (available ? it : it.skip);

let directory: string;

beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'tunnel-source-examples-')); });
afterEach(() => rmSync(directory, { recursive: true }));

describe('the command lines in the examples', () => {
  const plist = [...read('com.example.tunnel-source.plist').matchAll(/<string>([^<]+)<\/string>/g)].map(([, text]) => text);
  it.each<[string, string[]]>([
    ['systemd', /^ExecStart=\/usr\/bin\/env tunnel-source (.*)$/m.exec(read('tunnel-source@.service'))![1].replaceAll('%i', 'pump-7').replace('${PORTS}', 'SSH=5555').split(' ')],
    ['launchd', plist.slice(plist.indexOf('/usr/local/bin/tunnel-source') + 1, plist.indexOf('SSH=5555') + 1)],
    ['docker', /tunnel-source (--thing .*)$/m.exec(read('Dockerfile'))![1].split(' ')],
    ['ssh', /ProxyCommand tunnel-source (.*)$/m.exec(read('ssh_config'))![1].replace('%n', 'pump-7').split(' ')],
    ['tmux', /tunnel-source (--thing .*?) +#/.exec(read('reattach.sh'))![1].split(' ')],
  ])('are taken: %s', (_, argv) => {
    expect(parseArguments(argv, { TUNNEL_SECRET_PREFIX: 'p' })).toMatchObject({ tunnel: { thing: 'pump-7', services: ['SSH'] } });
  });
});

describe('the script that attaches again', () => {
  function reattach(...codes: number[]): { code: number | null; calls: string[] } {
    const ssh = join(directory, 'ssh');
    const log = join(directory, 'log');
    writeFileSync(ssh, `#!/bin/sh\necho "$*" >> '${log}'\nset -- ${codes.join(' ')}\nshift $(($(wc -l < '${log}') - 1))\nexit $1\n`);
    chmodSync(ssh, 0o755);
    const { status } = spawnSync('sh', [join(EXAMPLES, 'reattach.sh'), 'pump-7-port'], { env: { ...process.env, SSH: ssh, PAUSE: '0' } });
    return { code: status, calls: readFileSync(log, 'utf8').trimEnd().split('\n') };
  }

  it('comes back after each drop, to the same session, until the shell there ends', () => {
    expect(reattach(255, 255, 0)).toEqual({ code: 0, calls: Array(3).fill('-t pump-7-port tmux new-session -A -s \'main\'') });
  });

  it('gives up for what another try does not mend', () => {
    expect(reattach(127)).toMatchObject({ code: 127, calls: [expect.anything()] });
  });
});

where(works('systemd-analyze', '--version'))('systemd finds nothing wrong with the unit', () => {
  const unit = join(directory, 'tunnel-source@pump-7.service');
  copyFileSync(join(EXAMPLES, 'tunnel-source@.service'), unit);
  const { stderr } = spawnSync('systemd-analyze', ['verify', '--user', unit], { encoding: 'utf8', env: { ...process.env, XDG_RUNTIME_DIR: directory } });
  expect(stderr.split('\n').filter((line) => line.includes('tunnel-source@'))).toEqual([]);
});

where(works('ssh', '-V'))('ssh reads its lines', () => {
  const options = execFileSync('ssh', ['-G', '-F', join(EXAMPLES, 'ssh_config'), 'pump-7'], { encoding: 'utf8' });
  expect(options).toContain('proxycommand tunnel-source --thing %n');
  expect(options).toContain('controlmaster auto');
  expect(execFileSync('ssh', ['-G', '-F', join(EXAMPLES, 'ssh_config'), 'pump-7-port'], { encoding: 'utf8' })).toMatch(/^port 5555$/m);
});

test('the Dockerfile has a fixed base, an entry point that gets the signals, and no root', () => {
  const instructions = read('Dockerfile').split('\n').filter((line) => line && !line.startsWith('#'));
  const words = instructions.map((line) => line.split(' ')[0]);
  expect(words).toEqual(['FROM', 'RUN', 'USER', 'ENTRYPOINT']);
  expect(instructions[0]).toMatch(/^FROM \S+:(?!latest)\S+$/);
  expect(instructions[2]).not.toMatch(/root|\b0\b/);
  expect(JSON.parse(instructions[3].slice('ENTRYPOINT '.length))).toEqual(['tunnel-source', '-b', '0.0.0.0']); // a shell would keep SIGTERM to itself
});

where(works(PYTHON, '--version'))('the plist is one', () => {
  const code = 'import plistlib, sys; print(plistlib.load(open(sys.argv[1], "rb"))["Label"])';
  expect(execFileSync(PYTHON, ['-c', code, join(EXAMPLES, 'com.example.tunnel-source.plist')], { encoding: 'utf8' })).toBe('com.example.tunnel-source\n');
});

where(works(PYTHON, '-c', 'import boto3'))('the Python program asks for a token, reports each that is spent with its proof, and goes on with the next', async () => {
  const cloud = await startLocalCloud();
  const rotator = new StubRotator(cloud);
  const tunneling = new IoTSecureTunnelingClient({ endpoint: cloud.endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'TEST', secretAccessKey: 'local' } });
  const { tunnelId = '' } = await tunneling.send(new OpenTunnelCommand({}));
  tunneling.destroy();
  const child = [...CHILD, 'cut'];
  const program = spawn(PYTHON, [join(EXAMPLES, 'own_proxy.py'), tunnelId, ...child], {
    env: { ...process.env, ...cloud.env, TUNNEL_SECRET_PREFIX: PREFIX, AWS_EC2_METADATA_DISABLED: 'true' }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => program.once('close', resolve));
  let output = '';
  for (const stream of [program.stdout, program.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text; });
  try {
    await new Promise<void>((resolve, reject) => {
      void ended.then(() => reject(new Error(`the program ended: ${output}`)));
      const end = cloud.broker.subscribe('tunnels/#', () => {
        if (rotator.signals.length < 4) return;
        end();
        resolve();
      });
    });
  } finally {
    program.kill('SIGKILL');
    await ended;
    await rotator.close();
    await cloud.close();
  }
  expect(rotator.signals.slice(0, 4).map(({ topic }) => topic.split('/').pop())).toEqual(['token-request', 'disconnected', 'disconnected', 'disconnected']);
  const proofs = rotator.signals.slice(1, 4).map(({ payload }) => payload.proof);
  expect(new Set(proofs).size).toBe(3);
  expect(output.includes('LOCALCAT')).toBe(false);
});
