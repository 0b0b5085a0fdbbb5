import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import type { Confidential } from '../../lib/confidential';
import { Clients } from '../aws/clients';
import { choose, openTunnels } from '../aws/find-tunnel';
import { openTunnel, type TunnelRequest } from '../aws/open-tunnel';
import { UsageError } from '../session/failures';
import type { Log } from '../session/vocabulary';
import type { WhichTunnel } from './tunnel-arguments';

/** A tunnel to serve. */
export interface Lease {
  readonly tunnelId: string;
  /** Fresh from OpenTunnel; what was found has its token in the secret. */
  readonly firstToken?: Confidential;
  readonly opened: boolean;
}

/** Where nothing fits, and nothing is to be opened. */
export class NoTunnelError extends Error {
  override readonly name = 'NoTunnelError';
}

/**
 * Finds or opens the tunnel that was asked for.
 *
 * @throws NoTunnelError, UsageError, AwsCallError
 */
export async function lease(which: WhichTunnel, region: string, now: () => number, log: Log): Promise<Lease> {
  if ('id' in which) return { tunnelId: which.id, opened: false };
  if (!('thing' in which)) return openWithoutThing(which.open, which.destinationTokenFile, region, log);
  const clients = new Clients(region, now);
  try {
    const found = choose(await openTunnels(clients, region, which.thing), which, now());
    // One that somebody uses is no tunnel for us, if we may open our own.
    if (found && !(which.open && found.source === 'CONNECTED')) {
      log('info', `Using the open tunnel ${found.tunnelId}${found.destination === 'CONNECTED' ? '' : '; the device is not connected to it'}.`);
      return { tunnelId: found.tunnelId, opened: false };
    }
  } finally {
    clients.close();
  }
  if (which.open) return openForThing(which.open, region, log);
  const services = which.services.length > 0 ? ` with ${which.services.join(', ')}` : '';
  throw new NoTunnelError(`There is no open tunnel to ${which.thing}${services} that has ${which.left / 60_000} minutes left. `
    + 'Use --open-tunnel to open one; `tunnel-source list` shows those that are open.');
}

export async function openForThing(request: TunnelRequest, region: string, log: Log): Promise<Lease> {
  const { tunnelId, sourceToken } = await openTunnel(request, region);
  log('info', `Opened the tunnel ${tunnelId}.`);
  return { tunnelId, firstToken: sourceToken, opened: true };
}

/** The destination's token is told once, and to us alone: the place for it is there before the tunnel is. */
async function openWithoutThing(request: TunnelRequest, file: string, region: string, log: Log): Promise<Lease> {
  const place = newFile(file);
  try {
    const { tunnelId, sourceToken, destinationToken } = await openTunnel(request, region);
    log('info', `Opened the tunnel ${tunnelId}. The device's token is in ${file}: bring it there, and delete the file.`);
    writeSync(place, `${destinationToken.reveal()}\n`);
    return { tunnelId, firstToken: sourceToken, opened: true };
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(place);
  }
}

function newFile(file: string): number {
  try {
    return openSync(file, 'wx', 0o600);
  } catch (error) {
    throw new UsageError(`--destination-token-file must be a new file, but ${file} cannot be made: ${(error as NodeJS.ErrnoException).code}.`);
  }
}
