import { setTimeout as sleep } from 'node:timers/promises';
import type { SideName } from '../../tunnel-protocol/side-name';
import { Link, type LinkProps } from '../../tunnel-protocol/link';
import type { Connected, ConnectOptions } from './lab';

/** How long the network may take; it is real even where time is not. */
const PATIENCE = 30_000;

export interface ConnectProps extends ConnectOptions, Pick<LinkProps, 'endpoint' | 'token' | 'abort'> {
  readonly tunnelId: string;
  readonly side: SideName;
}

/** Connects by the project's own protocol code. @throws UpgradeRefusedError, LinkFailedError */
export async function connect({ tunnelId, side, ...props }: ConnectProps): Promise<Connected> {
  const link = new Link(side, { patience: PATIENCE, ...props });
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
