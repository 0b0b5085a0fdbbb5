import type { Signals, TunnelList } from '../domain/ports';
import type { Presence } from '../domain/vocabulary';

/** AWS sends presence events twice and out of order, and asks to wait and look again. */
const PAUSE = 5_000;

/** A device came online: after a pause, look at the destination side of each of its open tunnels. */
export async function greet(presence: Presence, tunnels: TunnelList, signals: Signals): Promise<void> {
  const { thingName, since, attempt } = presence;
  if (attempt === 0) return signals.send({ ...presence, attempt: 1 }, PAUSE);
  for await (const tunnelId of tunnels.openTunnelIds(thingName)) {
    await signals.send({ tunnelId, sides: ['destination'], kind: 'drop', via: 'presence', since, attempt: 0 });
  }
}
