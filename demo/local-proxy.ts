import { execFileSync } from 'node:child_process';
import type { ConnectOptions } from '../connector/connect';
import type { LocalCloud } from '../local-cloud/cloud';

/** What carries the operator's bytes: the connector's own proxy, or a command that it runs. */
export interface LocalProxy {
  readonly name: string;
  /** The official one speaks TLS only. */
  readonly needsTls: boolean;
  options(cloud: LocalCloud, port: number): Pick<ConnectOptions, 'command' | 'proxy'>;
}

export const BUILT_IN: LocalProxy = {
  name: 'the built-in proxy', needsTls: false,
  options: (_, port) => ({ proxy: { services: [`SSH=${port}`] } }),
};

/** The official local proxy under the name or path that it is installed as. @throws if there is no such program */
export function official(program: string): LocalProxy {
  const path = whereIs(program);
  if (!path) throw new Error(`there is no program ${program}: https://github.com/aws-samples/aws-iot-securetunneling-localproxy`);
  return {
    name: 'the official local proxy', needsTls: true,
    options: ({ endpoint, tls }, port) => ({ command: [path, '-e', new URL(endpoint).host, '-c', tls?.caDirectory ?? '', '-s', `SSH=${port}`] }),
  };
}

export function whereIs(program: string): string | undefined {
  try {
    const lines = execFileSync(process.platform === 'win32' ? 'where' : 'which', [program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return lines.split(/\r?\n/)[0] || undefined;
  } catch {
    return undefined;
  }
}
