import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startLocalCloud, type LocalCloud } from '../../local-cloud/cloud';
import { until } from '../support/until';

const run = promisify(execFile);
const installed = ['aws', 'moto_server'].every((command) => {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
});

/** The real `aws` command line, and moto behind the local cloud, where both are installed. */
(installed ? describe : describe.skip)('beside moto, through one endpoint', () => {
  let moto: ChildProcess;
  let cloud: LocalCloud | undefined;
  const directory = mkdtempSync(path.join(tmpdir(), 'moto-'));

  beforeAll(async () => {
    const port = await freePort();
    moto = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
    await until(() => fetch(`http://127.0.0.1:${port}/moto-api/`).then(() => true, () => false), 'moto answers');
    cloud = await startLocalCloud({ upstream: `http://127.0.0.1:${port}` });
  }, 60_000);
  afterAll(async () => {
    moto.kill();
    await cloud?.close();
    rmSync(directory, { recursive: true });
  });

  async function aws(...args: string[]): Promise<string> {
    const { stdout } = await run('aws', ['--endpoint-url', cloud!.endpoint, '--output', 'text', ...args], { env: { ...process.env, ...cloud!.env, AWS_EC2_METADATA_DISABLED: 'true' } });
    return stdout.trim();
  }

  test('a file goes into a bucket and comes back', async () => {
    const [there, back] = [path.join(directory, 'there'), path.join(directory, 'back')];
    writeFileSync(there, Buffer.alloc(100_000, 'tunnel'));
    await aws('s3', 'mb', 's3://bucket');
    await aws('s3', 'cp', there, 's3://bucket/a key');
    await aws('s3', 'cp', 's3://bucket/a key', back);
    expect(readFileSync(back).equals(readFileSync(there))).toBe(true);
    expect(await aws('s3', 'ls', 's3://bucket')).toContain('100000 a key');
  }, 60_000);

  test('queues live there, and all that is done with them', async () => {
    const url = await aws('sqs', 'create-queue', '--queue-name', 'jobs');
    await aws('sqs', 'send-message', '--queue-url', url, '--message-body', 'hello');
    expect(await aws('sqs', 'receive-message', '--queue-url', url, '--query', 'Messages[0].Body')).toBe('hello');
    expect(cloud!.calls.find({ service: 'sqs' })).toEqual([]);
  }, 60_000);

  test('functions live there, and all that is done with them', async () => {
    const role = await aws('iam', 'create-role', '--role-name', 'r', '--assume-role-policy-document', '{"Version":"2012-10-17","Statement":[]}', '--query', 'Role.Arn');
    const bundle = path.join(directory, 'bundle.zip');
    writeFileSync(bundle, Buffer.from('UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==', 'base64')); // an empty archive
    await aws('lambda', 'create-function', '--function-name', 'f', '--runtime', 'nodejs22.x', '--role', role, '--handler', 'index.handler', '--zip-file', `fileb://${bundle}`);
    expect(await aws('lambda', 'list-functions', '--query', 'Functions[0].FunctionName')).toBe('f');
    expect(cloud!.calls.find({ service: 'lambda' })).toEqual([]);
  }, 60_000);

  test('tunnels live here', async () => {
    const tunnelId = await aws('iotsecuretunneling', 'open-tunnel', '--query', 'tunnelId');
    expect(await aws('iotsecuretunneling', 'describe-tunnel', '--tunnel-id', tunnelId, '--query', 'tunnel.status')).toBe('OPEN');
    expect(cloud!.calls.find({ service: 'iotsecuretunneling' }).length).toBe(2);
  }, 60_000);
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
