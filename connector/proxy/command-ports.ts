import { once } from 'node:events';
import { createServer } from 'node:net';
import { basename } from 'node:path';

/** Where a command is going to listen, and for which services. */
export interface CommandPorts {
  readonly host: string;
  readonly ports: readonly number[];
  /** By name; empty if it takes whatever the tunnel has. */
  readonly services: readonly string[];
}

const NOTHING: CommandPorts = { host: '127.0.0.1', ports: [], services: [] };

/**
 * Reads the official local proxy's own options: `-s SSH=5555,HTTP=8080`, or a bare port, and `-b ADDRESS`. Of any other command
 * nothing is known.
 */
export function portsOf([file, ...args]: readonly string[]): CommandPorts {
  if (!file || !basename(file).startsWith('localproxy')) return NOTHING;
  const mappings = (valueOf(args, '-s', '--source-listen-port') ?? '').split(',').filter(Boolean).map((mapping) => mapping.split('='));
  return {
    host: valueOf(args, '-b', '--local-bind-address') ?? NOTHING.host,
    ports: mappings.map((words) => Number(words.at(-1)!.split(':').at(-1))).filter((port) => port > 0 && port < 65_536),
    services: mappings.filter(({ length }) => length === 2).map(([service]) => service),
  };
}

/** The first place where somebody else listens already. */
export async function takenPort({ host, ports }: Pick<CommandPorts, 'host' | 'ports'>): Promise<string | undefined> {
  for (const port of ports) {
    const server = createServer().listen({ port, host, exclusive: true });
    const code = await once(server, 'listening').then(() => undefined, (error: NodeJS.ErrnoException) => error.code);
    if (code === 'EADDRINUSE') return `${host.includes(':') ? `[${host}]` : host}:${port}`;
    if (code) continue; // The command will say what it doesn't like about the place.
    server.close();
    await once(server, 'close');
  }
  return undefined;
}

/** Written as one word or as two. */
function valueOf(args: readonly string[], short: string, long: string): string | undefined {
  for (const [index, word] of args.entries()) {
    if (word === short || word === long) return args[index + 1];
    if (word.startsWith(`${long}=`)) return word.slice(long.length + 1);
    if (word.startsWith(short) && !word.startsWith('--')) return word.slice(short.length).replace(/^=/, '');
  }
  return undefined;
}
