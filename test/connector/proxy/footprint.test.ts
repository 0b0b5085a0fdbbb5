import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Footprint } from '../../../connector/proxy/footprint';
import { isAlive, markOf } from '../../../connector/proxy/processes';
import { until } from '../../support/until';

let directory: string;
let bystander: ChildProcess;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'footprint-'));
  bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await once(bystander, 'spawn');
});

afterEach(async () => {
  bystander.kill('SIGKILL');
  if (bystander.exitCode === null && bystander.signalCode === null) await once(bystander, 'exit');
  rmSync(directory, { recursive: true });
});

const file = () => join(directory, readdirSync(directory)[0]);
/** As if the process that wrote the file had been another one. */
const rewrite = (change: (prints: { connector: object; child?: object }) => void) => {
  const prints = JSON.parse(readFileSync(file(), 'utf8'));
  change(prints);
  writeFileSync(file(), JSON.stringify(prints));
};
const dead = { pid: 2 ** 22 - 1, startedAt: 'long ago' };

describe('a mark of a process', () => {
  it('tells a living process from a dead one, and from a later one of the same id', async () => {
    const mark = markOf(bystander.pid!)!;
    expect(isAlive(mark)).toBe(true);
    expect(isAlive({ ...mark, startedAt: 'another time' })).toBe(false);
    bystander.kill('SIGKILL');
    await once(bystander, 'exit');
    expect(isAlive(mark)).toBe(false);
  });
});

(process.platform === 'linux' ? describe : describe.skip)('a zombie', () => {
  it('is no living process', async () => {
    // The shell becomes a sleeper, which never asks how its child ended; then the child, which reads a pipe of ours, may end.
    const parent = spawn('sh', ['-c', 'cat <&3 & echo $!; exec sleep 60 3<&-'], { stdio: ['ignore', 'pipe', 'ignore', 'pipe'] });
    const [pid] = await once((parent.stdout as Readable).setEncoding('utf8'), 'data');
    await until(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n', 'the shell sleeps');
    parent.stdio[3]!.destroy();
    await until(() => readFileSync(`/proc/${Number(pid)}/stat`, 'utf8').includes(') Z '), 'its child is a zombie');
    expect(markOf(Number(pid))).toBeUndefined();
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  });
});

describe('the footprint of a tunnel', () => {
  it('is left by a start, and gone after an orderly end', () => {
    const footprint = new Footprint(directory, 'tunnel');
    expect(footprint.claim()).toEqual({ kind: 'nothing' });
    footprint.note(bystander.pid);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    footprint.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('shows a second start that another connector lives', () => {
    const first = new Footprint(directory, 'tunnel');
    first.claim();
    first.note(bystander.pid);
    const second = new Footprint(directory, 'tunnel');
    expect(second.claim()).toEqual({ kind: 'connector', pid: process.pid });
    second.note(undefined);
    second.release();
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({ connector: { pid: process.pid }, child: { pid: bystander.pid } });
  });

  it('is one for each tunnel', () => {
    new Footprint(directory, 'one').claim();
    expect(new Footprint(directory, 'two').claim()).toEqual({ kind: 'nothing' });
    expect(readdirSync(directory)).toHaveLength(2);
  });

  it('leads to the child of a connector that was killed', () => {
    const killed = new Footprint(directory, 'tunnel');
    killed.claim();
    killed.note(bystander.pid);
    rewrite((prints) => { prints.connector = dead; });
    const next = new Footprint(directory, 'tunnel');
    expect(next.claim()).toEqual({ kind: 'orphan', pid: bystander.pid });
    next.note(undefined);
    expect(new Footprint(directory, 'tunnel').claim()).toEqual({ kind: 'connector', pid: process.pid });
  });

  it.each<[string, () => void]>([
    ['both processes are gone', () => rewrite((prints) => Object.assign(prints, { connector: dead, child: dead }))],
    ['it had no child yet', () => rewrite((prints) => { prints.connector = dead; })],
    ['its process id belongs to another process now', () => rewrite((prints) => {
      prints.connector = dead;
      prints.child = { pid: bystander.pid, startedAt: 'another time' };
    })],
    ['it was cut short', () => writeFileSync(file(), '{"connec')],
  ])('means nothing if %s', (_, spoil) => {
    new Footprint(directory, 'tunnel').claim();
    spoil();
    expect(new Footprint(directory, 'tunnel').claim()).toEqual({ kind: 'nothing' });
  });

  it('is not trusted where others can write', () => {
    chmodSync(directory, 0o777);
    expect(() => new Footprint(directory, 'tunnel').claim()).toThrow('nobody else can write to');
  });
});
