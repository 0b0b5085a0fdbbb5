import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LocalCloud } from '../local-cloud/cloud';

/** The operator's local proxy: the official one where it is installed, a small one of our own where it isn't. */
export interface LocalProxy {
  readonly name: string;
  /** The official one speaks TLS only. */
  readonly needsTls: boolean;
  command(cloud: LocalCloud, port: number): string[];
}

export function findLocalProxy(): LocalProxy {
  const official = whereIs('localproxy');
  if (official) {
    return {
      name: 'the official local proxy', needsTls: true,
      command: ({ endpoint, tls }, port) => [official, '-e', new URL(endpoint).host, '-c', tls?.caDirectory ?? '', '-s', `SSH=${port}`],
    };
  }
  const tsx = pathToFileURL(require.resolve('tsx')).href;
  const script = join(__dirname, 'mini-localproxy.ts');
  return {
    name: 'the built-in local proxy', needsTls: false,
    command: ({ endpoint }, port) => [process.execPath, '--import', tsx, script, '-e', endpoint, '-s', `SSH=${port}`],
  };
}

function whereIs(program: string): string | undefined {
  try {
    return execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}
