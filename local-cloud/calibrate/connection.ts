import { setTimeout as sleep } from 'node:timers/promises';
import type { SideName } from '../../tunnel-protocol/side-name';
import { Link } from '../../tunnel-protocol/link';
import type { Connected, ConnectOptions } from './lab';

/** How long the network may take; it is real even where time is not. */
const PATIENCE = 30_000;

/** Connects by the project's own protocol code. @throws UpgradeRefusedError, LinkFailedError */
export async function connect(endpoint: string, tunnelId: string, side: SideName, token: string, options: ConnectOptions = {}): Promise<Connected> {
  const link = new Link(side, { endpoint, token, patience: PATIENCE, ...options });
  await link.ready;
  let over = false;
  void link.closed.then(() => { over = true; });
  return {
    side, tunnelId,
    localPort: link.localPort,
    async alive() {
      const heard = link.heard;
      link.ping();
      const deadline = Date.now() + PATIENCE;
      while (!over && link.heard === heard && Date.now() < deadline) await sleep(5);
      return !over && link.heard > heard;
    },
    send: (message) => link.send(message),
    async reset() {
      link.cut();
      await link.closed;
    },
    leave: () => link.close(),
  };
}
