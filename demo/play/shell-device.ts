import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { whereIs } from '../local-proxy';
import { greeted, Scrollback } from './scrollback';

/** A device with one service: a shell that lives on while nobody is connected. */
export interface ShellDevice {
  readonly port: number;
  /** Resolves when somebody has left the shell. */
  readonly left: Promise<void>;
  close(): void;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/**
 * Whoever connects and the device tell each other how many bytes they have had so far (`<count>\n`), and go on there: what was under way when a
 * connection broke is sent again. Like mosh on a real device, in a few lines.
 * @throws if there is no `script`, which gives the shell a terminal
 */
export async function startShellDevice(size: Size): Promise<ShellDevice> {
  const shell = startShell(size);
  const written = new Scrollback();
  let heard = 0;
  let visitor: Socket | undefined;
  shell.stdout.on('data', (bytes: Buffer) => {
    written.add(bytes);
    visitor?.write(bytes);
  });
  const left = once(shell, 'exit').then(() => { visitor?.end(); });
  const hear = (typed: Buffer) => {
    heard += typed.length;
    shell.stdin.write(typed);
  };
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy()); // a cut tunnel ends its connections the hard way
    greeted(socket, (seen, rest) => {
      visitor?.destroy();
      visitor = socket;
      socket.write(`${heard}\n`);
      socket.write(written.since(seen));
      hear(rest);
      socket.on('data', hear);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, left,
    close() {
      shell.kill('SIGKILL');
      visitor?.destroy();
      server.close();
    },
  };
}

function startShell({ columns, rows }: Size): ChildProcessWithoutNullStreams {
  if (!whereIs('script')) throw new Error('the shell needs a terminal on the device, and there is no program `script` (util-linux, BSD, macOS) that makes one');
  const shell = `stty cols ${columns} rows ${rows}; exec sh -i`;
  const args = process.platform === 'darwin' ? ['-q', '/dev/null', 'sh', '-c', shell] : ['-qfec', shell, '/dev/null'];
  // Of this machine's environment only what a shell needs: no credentials, no token.
  const { PATH = '', TERM = 'xterm', LANG = 'C.UTF-8' } = process.env;
  const env = { PATH, TERM, LANG, HOME: tmpdir(), SHELL: '/bin/sh', PS1: 'pump-7$ ', ENV: '', HISTFILE: '/dev/null' };
  const child = spawn('script', args, { cwd: tmpdir(), env });
  child.stdin.on('error', () => undefined); // somebody types into a shell that has just ended
  return child;
}
