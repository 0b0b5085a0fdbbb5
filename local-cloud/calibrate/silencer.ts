import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Lab } from './lab';

/** The command that should make a connection silent did not work. */
export class SilencerError extends Error {
  override readonly name = 'SilencerError';
}

/**
 * Lets a command of the user make a connection's network vanish, which takes more rights than this program has: it finds the
 * connection by the environment.
 */
export const silencer = (command: string): NonNullable<Lab['silence']> => async ({ localPort, tunnelId, side }) => {
  const environment = { LOCAL_PORT: String(localPort), TUNNEL_ID: tunnelId, SIDE: side };
  const child = spawn(command, { shell: true, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...environment } });
  const [code] = await once(child, 'exit') as [number | null];
  if (code !== 0) throw new SilencerError(`the command of --silencer ended with ${code}`);
};
