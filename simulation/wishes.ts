import type { Chance } from './chance';
import type { Stage } from './stage';
import type { Tunnel } from './tunneling';
import type { PretendedVault } from './vault';

/** What somebody with wishes can reach. */
export interface Office extends Stage {
  readonly vault: PretendedVault;
  postRaw(tunnel: Tunnel, name: string, body: string): void;
  allowsMischief(name: string): boolean;
  /** Whoever holds the source of this tunnel asks until he is back. */
  asksAgain(tunnel: Tunnel): boolean;
  /** What was under way for this tunnel is to be done again. */
  disturbed(tunnel: Tunnel): void;
}

export const WISHES = [
  'a source token', 'a source token', 'a destination token', 'a destination token', 'both', 'a source token for a device',
  'a destination token for another device', 'a drop of another\'s tunnel', 'the secret is deleted',
] as const;
type Wish = typeof WISHES[number];
const PAUSE = 90_000;

/** Somebody who asks for tokens of one tunnel now and then, rightly and wrongly, and once in a while deletes its secret by mistake. */
export class Wishes {
  private made = 0;

  constructor(private readonly world: Office, private readonly tunnel: Tunnel, private readonly chance: Chance) {
    this.plan();
  }

  private plan(): void {
    const dice = this.chance.of(this.made++);
    this.world.scheduler.after(dice.around(PAUSE), () => {
      const { world, tunnel, made } = this;
      if (tunnel.ended || world.isQuiet) return;
      const name = `${tunnel.index}.w${made}`;
      if (world.allowsMischief(name)) this.wish(name, dice.pick(WISHES));
      this.plan();
    });
  }

  private wish(name: string, wish: Wish): void {
    const { world, tunnel } = this;
    const tunnelId = tunnel.id;
    const destinationConfig = { thingName: 'device-elsewhere', services: ['SSH'] };
    const post = (detail: object, type = 'Tunnel Token Requested') =>
      world.postRaw(tunnel, name, JSON.stringify({ 'detail-type': type, 'detail': { tunnelId, ...detail } }));
    world.tally.count(world.tally.events, `wish: ${wish}`);
    world.tell?.(tunnel.index, `somebody wishes: ${wish}`, { mark: 'fault' });
    switch (wish) {
      case 'a source token': return post({});
      case 'a destination token': return post({ clientMode: 'DESTINATION' });
      case 'both': return post({ clientMode: 'ALL' });
      case 'a source token for a device': return post({ destinationConfig });
      case 'a destination token for another device': return post({ clientMode: 'DESTINATION', destinationConfig });
      case 'a drop of another\'s tunnel': return post({ thingName: 'device-elsewhere' }, 'Tunnel Disconnected');
      case 'the secret is deleted':
        // Nobody but a client that asks can tell that its token is gone: the sweep may not see secrets.
        if (world.isCalm || !world.asksAgain(tunnel)) return undefined;
        world.vault.destroy(tunnelId, world.scheduler.now);
        return world.disturbed(tunnel);
    }
  }
}
