import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { App, CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFn, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { createInterface } from 'node:readline';
import { parseArguments } from '../../local-cloud/cli/arguments';
import { run } from '../../local-cloud/cli/run';
import { UsageError } from '../../local-cloud/cli/usage-error';
import { runDirectory } from '../support/run-directory';
import { obedient, synthesize } from './stacks';

const assembly = synthesize(obedient);

/** Runs the command in this process, until `during` is done. */
async function command(argv: readonly string[], during: (lines: readonly string[]) => Promise<void> = async () => undefined) {
  const out: string[] = [];
  const err: string[] = [];
  let interrupt!: () => void;
  const interrupted = new Promise<void>((resolve) => { interrupt = resolve; });
  const ready = new Promise<void>((resolve) => {
    const code = run(argv, {
      out: (line) => { out.push(line); if (line.startsWith('Ctrl-C')) resolve(); },
      err: (line) => err.push(line),
      interrupted,
    });
    void code.then(() => resolve());
    finished = code;
  });
  await ready;
  await during(out);
  interrupt();
  return { code: await finished, out: out.join('\n'), err: err.join('\n') };
}
let finished: Promise<number>;

test('it starts, says where it is, answers, and ends when it is told to', async () => {
  const { code, out, err } = await command(['--port', '0', '--deploy', assembly, '--log'], async (lines) => {
    const endpoint = /ready at (\S+)/.exec(lines[0])?.[1];
    const response = await fetch(`${endpoint}/_local/stacks`);
    expect(await response.json()).toMatchObject([{ stackName: 'Small' }]);
  });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('Deployed Small');
  expect(out).toMatch(/export AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:\d+\n/);
  expect(out).not.toContain('not on loopback');
});

test('GIVEN an assembly of several stacks WHEN one is named THEN it is deployed where its env says, and how to reach it is printed', async () => {
  const several = mkdtempSync(path.join(runDirectory(), 'cli-several-'));
  const app = new App({ outdir: several, analyticsReporting: false });
  for (const [name, region] of [['One', 'us-east-1'], ['Two', 'ap-south-1']]) new Queue(new Stack(app, name, { env: { account: '111111111111', region } }), 'Queue');
  app.synth();

  const { code, out } = await command(['--port', '0', '--deploy', several, '--stack', 'Two']);
  expect(code).toBe(0);
  expect(out).toContain('Deployed Two to 111111111111 in ap-south-1');
  expect(out).toMatch(/reach it with AWS_REGION=ap-south-1 AWS_DEFAULT_REGION=ap-south-1 AWS_ACCESS_KEY_ID=111111111111, MQTT mqtt:\/\/127\.0\.0\.1:\d+/);
  expect(out).not.toContain('Deployed One');
  expect(await command(['--port', '0', '--deploy', several])).toMatchObject({ code: 1, err: expect.stringContaining('holds 2 stacks (One, Two)') });
  expect(await command(['--port', '0', '--deploy', several, '--stack', 'Three'])).toMatchObject({ code: 1, err: "there is no stack 'Three'; there are One, Two" });
});

describe('a stack whose custom resource has a function that', () => {
  const NEVER = 'exports.handler = () => new Promise((resolve) => setTimeout(resolve, 3_600_000));';
  const assemblyOf = (code: string) => synthesize((stack) => {
    const handler = new LambdaFn(stack, 'Handler', { runtime: Runtime.NODEJS_22_X, handler: 'index.handler', timeout: Duration.minutes(15), code: Code.fromAsset(directoryWith(code)) });
    new CustomResource(stack, 'Thing', { serviceToken: handler.functionArn });
  }, 'Slow');
  const directories: string[] = [];
  afterAll(() => directories.forEach((each) => rmSync(each, { recursive: true })));
  function directoryWith(code: string): string {
    const directory = mkdtempSync(path.join(tmpdir(), 'handler-'));
    directories.push(directory);
    writeFileSync(path.join(directory, 'index.js'), code);
    return directory;
  }
  const [broken, never] = [assemblyOf("require('no-such-module');"), assemblyOf(NEVER)];

  test('cannot load ends the command at once, and says why', async () => {
    const { code, err } = await command(['--port', '0', '--deploy', broken]);
    expect(code).toBe(1);
    expect(err).toContain("cannot start: Error: Cannot find module 'no-such-module'");
    expect(err).toMatch(/Thing\S*: \S+ failed on Create/);
  });

  test('does not answer WHEN somebody presses Ctrl-C THEN the command ends', async () => {
    let interrupt!: () => void;
    const interrupted = new Promise<void>((resolve) => { interrupt = resolve; });
    const lines: string[] = [];
    const ended = run(['--port', '0', '--log', '--deploy', never], {
      out: (line) => { lines.push(line); if (line.includes('lambda.Invoke')) interrupt(); }, err: (line) => lines.push(line), interrupted,
    });
    expect(await ended).toBe(0);
    expect(lines.join('\n')).not.toContain('Deployed');
  });
});

test('with TLS it tells how to point a local proxy at it', async () => {
  const { out } = await command(['--port', '0', '--tls']);
  expect(out).toMatch(/certificate authority \/\S+\/ca\.pem/);
  expect(out).toMatch(/localproxy -e 127\.0\.0\.1:\d+ -c \/\S+/);
});

test('off loopback it warns', async () => {
  const { out } = await command(['--port', '0', '--host', '0.0.0.0']);
  expect(out).toContain('not on loopback');
});

test('--help tells every option', async () => {
  const { code, out } = await command(['--help']);
  expect(code).toBe(0);
  for (const option of ['--port', '--tls', '--state', '--log', '--help', '--host', '--upstream', '--weather', '--behave', '--seed', '--deploy', '--stack', '--region', '--account']) expect(out).toContain(option);
});

test('a port that is taken is said by name', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await command(['--port', String(port)])).toMatchObject({ code: 1, err: `port ${port} is taken; choose another one with --port` });
  expect(await command(['--port', '0', '--mqtt-port', String(port)])).toMatchObject({ code: 1, err: `port ${port} is taken; choose another one with --mqtt-port` });
  await new Promise((resolve) => server.close(resolve));
});

test('an assembly that cannot be deployed ends it, with the reason', async () => {
  expect(await command(['--port', '0', '--deploy', '/nowhere'])).toMatchObject({ code: 1, err: expect.stringContaining('cdk synth') });
});

describe('the command line', () => {
  test('gives options to the cloud', () => {
    expect(parseArguments(['--port', '1', '--seed', '7', '--behave', 'rotateKicksConnected=false', '--behave', 'silentDropDelayMs=5', '--missing-secrets', 'access-denied'])).toMatchObject({
      cloud: { port: 1, seed: 7, tunneling: { rotateKicksConnected: false, silentDropDelayMs: 5 }, missingSecrets: 'access-denied', host: '127.0.0.1' },
    });
    expect(parseArguments(['--weather', 'latency=5', '--weather', 'duplicates=1']).forecast).toMatchObject({ duplicates: 1, calls: [{ on: '*', latency: [5, 5] }] });
  });

  test.each([
    ['an option that is not known', ['--sunshine'], '--sunshine'],
    ['a port that is none', ['--port', 'x'], '--port'],
    ['a port that is too high', ['--port', '65536'], '--port'],
    ['an upstream that is no URL', ['--upstream', 'localhost'], '--upstream'],
    ['a service that is not known', ['--services', 'sqs,s3'], 's3'],
    ['a switch that is not known', ['--behave', 'sunshine=true'], 'sunshine'],
    ['a switch in a position that it lacks', ['--behave', 'rotateKicksConnected=maybe'], 'rotateKicksConnected'],
    ['a switch without position', ['--behave', 'rotateKicksConnected'], 'rotateKicksConnected'],
    ['weather of another kind', ['--weather', 'storms=1'], 'storms'],
    ['a word of another kind', ['--missing-secrets', 'maybe'], '--missing-secrets'],
    ['an account that is none', ['--account', '12'], '--account'],
    ['a region that is none', ['--region', 'Ireland'], '--region'],
    ['an argument without option', ['cdk.out'], 'cdk.out'],
  ])('%s is refused by name', async (_, argv, name) => {
    expect(() => parseArguments(argv)).toThrow(UsageError);
    expect(await command(argv)).toMatchObject({ code: 2, err: expect.stringContaining(name) });
  });
});

test('Ctrl-C ends the real process cleanly', async () => {
  const root = path.join(__dirname, '..', '..');
  const child = spawn(process.execPath, ['--import', 'tsx', path.join(root, 'local-cloud', 'cli', 'tunnel-local-cloud.ts'), '--port', '0', '--tls'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) if (line.startsWith('Ctrl-C')) child.kill('SIGINT');
  const [code, signal] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode, null];
  expect({ code, signal }).toEqual({ code: 0, signal: null });
});
