import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { type Bench, median } from './figure';
import type { Reached, Role, Spent } from './throughput-role';

const ROOT = join(__dirname, '..');
const BLOCK = Buffer.alloc(65_536, 'tunnel');
/** Megabytes until a path costs what it will go on to cost: the local cloud's code is compiled on the way, and at first takes three times as long. */
const WARM_UP = 400;
const PATHS = ['tunnel', 'relay', 'relays'] as const;

/** A way for bytes from here to a sink, and the processes that it leads through. */
interface Path {
  readonly port: number;
  readonly through: readonly Process[];
}

interface Transfer {
  /** Seconds of the clock, and of all processors together, for a gigabyte. */
  readonly clock: number;
  readonly cpu: number;
}

/**
 * Bulk from a TCP client to a TCP server through a tunnel of the local cloud that ships, each program in a process of its own, beside
 * plain relays of Node.js in the same run. Neither a limit nor TLS is in the way.
 */
export const throughput: Bench = {
  title: 'Throughput',
  async measure(effort, say) {
    const rounds = effort === 'quick' ? 3 : 9;
    const megabytes = effort === 'quick' ? 100 : 400;
    const scratch = mkdtempSync(join(tmpdir(), 'throughput-'));
    const processes = new Processes(join(scratch, 'role.cjs'));
    try {
      const sink = await processes.begin({ role: 'sink' });
      const { paths, cloud } = await lay(processes, sink);
      const transfers: Record<typeof PATHS[number], Transfer[]> = { tunnel: [], relay: [], relays: [] };
      const memory: number[] = [];
      for (let round = 0; round <= rounds; round++) {
        for (const path of PATHS) {
          say(`throughput, round ${round} of ${rounds}: ${path}`);
          const transfer = await carry(paths[path], sink, (round > 0 ? megabytes : WARM_UP) * 1e6);
          if (round > 0) transfers[path].push(transfer);
        }
        memory.push((await cloud.spent()).memory / 1e6);
      }
      return figures(transfers, memory, `medians of ${rounds} rounds of ${megabytes} MB, in turns`);
    } finally {
      processes.end();
      rmSync(scratch, { recursive: true });
    }
  },
};

function figures(transfers: Record<typeof PATHS[number], readonly Transfer[]>, memory: readonly number[], note: string) {
  const clock = (path: typeof PATHS[number]) => median(transfers[path].map((transfer) => transfer.clock));
  const cpu = (path: typeof PATHS[number]) => median(transfers[path].map((transfer) => transfer.cpu));
  return [
    {
      id: 'throughput.clock', title: 'a gigabyte from source to destination', unit: 's' as const, value: clock('tunnel'), note,
      floor: { title: 'three plain relays in a row', value: clock('relays') }, rivals: [{ title: 'a plain relay', value: clock('relay') }],
    },
    {
      id: 'throughput.cpu', title: 'all processors\' time for it', unit: 's' as const, value: cpu('tunnel'), goal: 1.67,
      note: 'a tunnel is three programs (source, local cloud, destination): less than three relays take is not possible',
      floor: { title: 'three plain relays in a row', value: cpu('relays') }, rivals: [{ title: 'a plain relay', value: cpu('relay') }],
    },
    {
      id: 'throughput.memory', title: 'memory of the local cloud at the end', unit: 'MB' as const, value: memory[memory.length - 1],
      floor: { title: 'after the first round', value: memory[0] },
    },
  ];
}

async function lay(processes: Processes, sink: Process): Promise<{ paths: Record<typeof PATHS[number], Path>; cloud: Process }> {
  const to = sink.reached.port!;
  const relay = await processes.begin({ role: 'relay', to });
  const middle = await processes.begin({ role: 'relay', to: relay.reached.port! });
  const first = await processes.begin({ role: 'relay', to: middle.reached.port! });
  const cloud = await processes.begin({ role: 'cloud', package: join(ROOT, 'local-cloud') });
  const { endpoint = '', tokens } = cloud.reached;
  const destination = await processes.begin({ role: 'destination', endpoint, token: tokens!.destination, to });
  const source = await processes.begin({ role: 'source', endpoint, token: tokens!.source });
  return {
    cloud,
    paths: {
      tunnel: { port: source.reached.port!, through: [source, cloud, destination] },
      relay: { port: relay.reached.port!, through: [relay] },
      relays: { port: first.reached.port!, through: [first, middle, relay] },
    },
  };
}

async function carry({ port, through }: Path, sink: Process, bytes: number): Promise<Transfer> {
  const everybody = [sink, ...through];
  const before = await Promise.all(everybody.map((process) => process.spent()));
  const ours = process.cpuUsage();
  const began = performance.now();
  const socket = net.connect(port, '127.0.0.1');
  for (let written = 0; written < bytes; written += BLOCK.length) {
    if (!socket.write(BLOCK)) await once(socket, 'drain');
  }
  const total = Math.ceil(bytes / BLOCK.length) * BLOCK.length;
  while ((await sink.spent()).received - before[0].received < total) await new Promise((resolve) => setTimeout(resolve, 1));
  const clock = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(ours);
  const after = await Promise.all(everybody.map((process) => process.spent()));
  socket.destroy();
  const cpu = after.reduce((sum, spent, index) => sum + spent.cpu - before[index].cpu, (user + system) / 1e6);
  return { clock: clock / (total / 1e9), cpu: cpu / (total / 1e9) };
}

/** A process with a role. */
class Process {
  constructor(private readonly child: ChildProcess, readonly reached: Reached) {}

  async spent(): Promise<Spent> {
    this.child.send({});
    const [spent] = await once(this.child, 'message') as [Spent];
    return spent;
  }
}

/** Bundled as the packages are, or they would mask byte by byte. */
class Processes {
  private readonly children: ChildProcess[] = [];

  constructor(private readonly script: string) {
    buildSync({
      absWorkingDir: ROOT, entryPoints: ['bench/throughput-role.ts'], outfile: script, bundle: true, platform: 'node', target: 'node20', format: 'cjs',
      alias: { bufferutil: './tunnel-protocol/masking.ts' }, mainFields: ['module', 'main'], logLevel: 'error',
    });
  }

  async begin(role: Role): Promise<Process> {
    const child = fork(this.script, { execArgv: [] });
    this.children.push(child);
    child.send(role);
    const ended = once(child, 'exit').then(([code]) => { throw new Error(`the ${role.role} ended (${code})`); });
    const [reached] = await Promise.race([once(child, 'message'), ended]) as [Reached];
    ended.catch(() => undefined);
    return new Process(child, reached);
  }

  end(): void {
    for (const child of this.children) child.kill();
  }
}
