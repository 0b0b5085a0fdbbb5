import type { Clock } from '../session/ports';

/** How often a group that was told to end is looked at. */
const LOOK_EVERY = 25;

/**
 * Sends a signal to every process of the group that `leader` founded. Where there are no process groups (Windows), to the
 * leader alone.
 *
 * @returns whether there was anybody to get it
 */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(process.platform === 'win32' ? leader : -leader, signal);
  } catch (error) {
    // EPERM: somebody is there, under another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Asks the group to end; after `grace` milliseconds it is not asked any more. */
export async function endGroup(leader: number, grace: number, clock: Clock): Promise<void> {
  if (!signalGroup(leader, 'SIGTERM')) return;
  const deadline = clock.now() + grace;
  while (clock.now() < deadline) {
    await clock.sleep(LOOK_EVERY);
    if (!signalGroup(leader, 0)) return;
  }
  signalGroup(leader, 'SIGKILL');
}
