import type { Chance } from './chance';
import { Party } from './party';
import { PAUSES, type Reach } from './sources';
import type { Token, Tunnel } from './tunneling';

/** How a device behaves; drawn trait by trait. */
export interface DeviceTraits {
  /** What it does when it has no token: asks over MQTT, or is offline for a while and comes online, which AWS tells; or both. */
  readonly comesBack: 'asks' | 'comes online' | 'both';
  /** Repeats its question with growing pauses until it is back. */
  readonly asksAgain: boolean;
  readonly connectsWithin: number;
  readonly noticesWithin: number;
  readonly silentDrops: number;
  /** Longest time for which it is offline. */
  readonly offlineFor: number;
}

export function drawDeviceTraits(chance: Chance): DeviceTraits {
  return {
    comesBack: chance.pick(['asks', 'asks', 'comes online', 'both']),
    asksAgain: chance.happens(0.8),
    connectsWithin: chance.pick([300, 3_000, 30_000]),
    noticesWithin: chance.pick([100, 2_000, 30_000]),
    silentDrops: chance.pick([0, 0.5, 1]),
    offlineFor: chance.pick([2_000, 60_000]),
  };
}

const PURPOSES = ['connect', 'lifetime', 'notice', 'offline', 'presence', 'lost'] as const;

/** Whoever holds the destination end of one tunnel. Its tokens are said to it once, and kept by nobody: what it does not hear is lost. */
export class Device extends Party<'connecting' | 'connected' | 'waiting' | 'offline', typeof PURPOSES[number]> {
  /** The last token that it heard. */
  heard: Token | undefined;
  private tried: Token | undefined;
  private said = 0;
  private drops = 0;

  constructor(
    private readonly world: Reach, private readonly tunnel: Tunnel, chance: Chance, readonly traits: DeviceTraits, private readonly mostDrops: number,
  ) {
    super(world.scheduler, chance, PURPOSES, 'waiting');
    this.heard = tunnel.destination.live;
    this.later(this.dice('connect').between(500, 60_000), () => this.tryNewest(0));
  }

  /** It has no connection, wants one, and can hear. */
  get waits(): boolean {
    return this.state === 'waiting' || this.state === 'connecting';
  }

  /** It asks until it is back. */
  get asksAgain(): boolean {
    return this.traits.asksAgain && this.traits.comesBack !== 'comes online';
  }

  /** A token is said on its topic. */
  hears(token: Token): void {
    const { world, tunnel } = this;
    const { messageFaults } = world.conditions.weather;
    if (this.state === 'offline') return world.tell?.(tunnel.index, 'the device is offline, and does not hear its token');
    if (this.dice('lost').happens(messageFaults / 2) && world.strikes(`${token.text}.lost`, 'token not heard')) {
      world.tell?.(tunnel.index, 'the device does not hear its token', { mark: 'fault' });
      return world.unheard(tunnel);
    }
    this.heard = token;
    if (this.state === 'waiting') this.tryNewest(undefined);
  }

  /** Its connection ended; it may take a while to notice. */
  dropped(): void {
    const { noticesWithin, comesBack, offlineFor } = this.traits;
    this.enter('connected');
    this.later(this.dice('notice').between(0, noticesWithin), () => {
      const goesOffline = comesBack === 'comes online' || (comesBack === 'both' && this.dice('offline').happens(0.5));
      if (!goesOffline) return this.wait();
      this.enter('offline');
      this.later(this.dice('offline').between(1_000, offlineFor), () => this.comeOnline());
    });
  }

  /** AWS tells it twice now and then. */
  private comeOnline(): void {
    const { world, tunnel } = this;
    if (tunnel.thingName !== undefined) {
      const name = `${tunnel.index}.p${++this.said}`;
      const news = JSON.stringify({ thingName: tunnel.thingName, via: 'presence' });
      world.tally.count(world.tally.events, 'a device came online');
      world.tell?.(tunnel.index, 'the device comes online');
      world.said(tunnel, undefined, 'destination');
      world.postRaw(tunnel, name, news);
      if (this.dice('presence').happens(0.2)) world.postRaw(tunnel, `${name}.again`, news);
    }
    this.wait();
  }

  private wait(): void {
    this.enter('waiting');
    this.tryNewest(0);
  }

  /** @param asked how many times it asked before; absent if it is not its turn to ask */
  private tryNewest(asked: number | undefined): void {
    if (this.heard && this.heard !== this.tried) return this.connect(this.heard);
    if (asked !== undefined && this.traits.comesBack !== 'comes online') this.ask(asked);
  }

  private connect(token: Token): void {
    const { world, tunnel, traits: { connectsWithin, silentDrops } } = this;
    this.enter('connecting');
    this.tried = token;
    this.later(this.dice('connect').between(20, connectsWithin), () => {
      const answer = world.tunneling.connect(tunnel, token, 'destination');
      world.tell?.(tunnel.index, `the device connects with ${token.text}: ${answer}`);
      if (answer === 'refused') return this.wait();
      if (answer === 'ended') return;
      this.enter('connected');
      const dice = this.dice('lifetime');
      if (this.drops >= this.mostDrops) return;
      this.later(dice.around(world.conditions.life.connectionLasts), () => {
        if (world.isQuiet) return;
        this.drops += 1;
        world.tunneling.drop(tunnel, dice.happens(silentDrops) ? 'silent' : 'clean', 'destination');
      });
    });
  }

  private ask(asked: number): void {
    const { world, tunnel } = this;
    world.tally.count(world.tally.events, 'a device asked');
    world.tell?.(tunnel.index, 'the device says over mqtt that it dropped');
    world.said(tunnel, undefined, 'destination');
    const own = tunnel.thingName !== undefined && this.traits.silentDrops > 0 ? { thingName: tunnel.thingName } : {};
    const body = { tunnelId: encodeURIComponent(tunnel.id), clientMode: 'DESTINATION', via: 'mqtt', ...own };
    world.postRaw(tunnel, `${tunnel.index}.d${++this.said}`, JSON.stringify(body));
    if (this.traits.asksAgain) this.later(PAUSES[Math.min(asked, PAUSES.length - 1)], () => this.tryNewest(asked + 1));
  }
}
