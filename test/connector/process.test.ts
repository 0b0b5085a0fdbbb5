import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { type LocalCloud, startLocalCloud } from '../../local-cloud/cloud';
import { until } from '../support/until';
import { bundle } from './support/bundle';
import { commandLine, processesWith } from './support/process-table';
import { PREFIX, StubRotator } from './support/stub-rotator';
import { CHILD } from './support/desk';

/** The bundle that ships, as a process of its own, with real signals. */
const onLinux = process.platform === 'linux' ? describe : describe.skip;

let directory: string;
let program: string;
let cloud: LocalCloud;
let rotator: StubRotator;
let tunnelId: string;
let mark: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tunnel-source-test-'));
  program = bundle('tunnel-source', directory);
  cloud = await startLocalCloud();
  rotator = new StubRotator(cloud);
});

afterAll(async () => {
  await rotator.close();
  await cloud.close();
  rmSync(directory, { recursive: true });
});

beforeEach(async () => {
  const tunneling = new IoTSecureTunnelingClient({ endpoint: cloud.endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'TEST', secretAccessKey: 'local' } });
  tunnelId = (await tunneling.send(new OpenTunnelCommand({}))).tunnelId!;
  tunneling.destroy();
  mark = `TEST_MARK=${tunnelId}`;
});

afterEach(() => {
  for (const pid of processesWith(mark)) process.kill(pid, 'SIGKILL');
});

class Program {
  readonly process: ChildProcess;
  output = '';
  readonly ended: Promise<[code: number | null, signal: string | null]>;

  constructor(ending: string, more: string[] = [], env: NodeJS.ProcessEnv = {}) {
    this.process = spawn(process.execPath, [program, '--tunnel-id', tunnelId, '--prefix', PREFIX, ...more, '--', ...CHILD, ending], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...cloud.env, XDG_RUNTIME_DIR: directory, TEST_MARK: tunnelId, ...env },
    });
    for (const stream of [this.process.stdout!, this.process.stderr!]) stream.setEncoding('utf8').on('data', (text) => { this.output += text; });
    this.ended = once(this.process, 'close') as never;
  }

  async shows(text: string): Promise<void> {
    await until(() => {
      if (this.process.exitCode !== null) throw new Error(`ended with ${this.process.exitCode} before it said: ${text}`);
      return this.output.includes(text);
    }, `it says: ${text}`);
  }

  get children(): number[] {
    return processesWith(mark).filter((pid) => pid !== this.process.pid);
  }
}

onLinux('the program', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends its command and itself at %s', async (signal) => {
    const it = new Program('lasts');
    await it.shows('connected for');
    expect(it.children).toHaveLength(1);
    it.process.kill(signal);
    expect(await it.ended).toEqual([0, null]);
    expect(processesWith(mark)).toEqual([]);
    expect(readdirSync(join(directory, 'tunnel-source')).filter((name) => name.endsWith('.json'))).toEqual([]);
  });

  it('keeps the token out of the process listing, the screen and the footprint', async () => {
    const it = new Program('lasts', ['--log-level', 'debug']);
    await it.shows('connected for');
    const listing = processesWith(mark).map(commandLine).join();
    expect(listing.includes('LOCALCAT')).toBe(false);
    it.process.kill('SIGTERM');
    await it.ended;
    expect(it.output.includes('LOCALCAT')).toBe(false);
  });

  it('does not hang on to a stubborn command', async () => {
    const it = new Program('stubborn', ['--grace', '0.2']);
    await it.shows('connected for');
    it.process.kill('SIGTERM');
    expect(await it.ended).toEqual([0, null]);
    expect(processesWith(mark)).toEqual([]);
  });

  it('leaves no orphan after an error of its own', async () => {
    const crash = join(directory, 'crash.cjs');
    writeFileSync(crash, "process.on('SIGUSR2', () => { throw new Error('a mistake'); });");
    const it = new Program('stubborn', [], { NODE_OPTIONS: `--require ${crash}` });
    await it.shows('connected for');
    it.process.kill('SIGUSR2');
    const [code] = await it.ended;
    expect(code).not.toBe(0);
    await until(() => processesWith(mark).length === 0, 'its command is gone');
  });

  it('finds what a SIGKILL left behind, says so, and ends it', async () => {
    const killed = new Program('lasts');
    await killed.shows('connected for');
    const [orphan] = killed.children;
    killed.process.kill('SIGKILL');
    // Not `close`: the orphan holds the pipes.
    await once(killed.process, 'exit');
    expect(processesWith(mark)).toEqual([orphan]);

    const next = new Program('lasts');
    await next.shows('connected for');
    expect(next.output).toContain(`left its command behind (process ${orphan})`);
    expect(next.children).not.toContain(orphan);
    next.process.kill('SIGINT');
    expect(await next.ended).toEqual([0, null]);
    expect(processesWith(mark)).toEqual([]);
  });

  it('is a library as well: loaded, it does nothing but offer connect', async () => {
    const script = `const { connect } = require(${JSON.stringify(program)}); process.stdout.write(typeof connect);`;
    const loader = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = await once(loader.stdout.setEncoding('utf8'), 'data');
    expect(said).toBe('function');
    expect(await once(loader, 'exit')).toEqual([0, null]);
  });

  it('gives one JSON object per state to a machine, and stops when nobody reads', async () => {
    const it = new Program('lasts', ['--json']);
    await it.shows('"state":"connected"');
    it.process.stdout!.destroy();
    it.process.kill('SIGINT');
    await once(it.process, 'exit');
    expect(it.process.exitCode).toBe(0);
    const [first] = it.output.split('\n').filter((line) => line.startsWith('{'));
    expect(JSON.parse(first)).toMatchObject({ tunnelId, drops: 0 });
  });
});
