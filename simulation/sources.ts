import type { Chance } from './chance';
import type { Life } from './conditions';
import type { Side } from '../lambda/domain/vocabulary';
import { Party } from './party';
import type { Stage } from './stage';
import type { Token, Tunnel, Tunneling } from './tunneling';
import type { PretendedVault } from './vault';

/** What a source can reach. */
export interface Reach extends Stage {
  readonly tunneling: Tunneling;
  readonly vault: Pick<PretendedVault, 'secrets'>;
  /** A client's signal, as the IoT rule or EventBridge forwards it. */
  post(tunnel: Tunnel, name: string, channel: 'mqtt' | 'eventbridge', tunnelId: string, versionId: string | undefined): void;
  /** The same of a message that may say anything. */
  postRaw(tunnel: Tunnel, name: string, body: string): void;
  /** It begins to ask for a new token. */
  said(tunnel: Tunnel, proof: string | undefined, side?: Side): void;
  /** What was said to it, it did not hear. */
  unheard(tunnel: Tunnel): void;
  /** A fault may befall: does it? */
  strikes(name: string, kind: string): boolean;
  /** Mischief is no fault, so it goes on when faults have stopped; but a story may do without. */
  allowsMischief(name: string): boolean;
}

/** How a source behaves; drawn trait by trait, so that every mixture turns up. */
export interface Traits {
  /** What it says when it drops: the version that it used, only that it dropped, or nothing. */
  readonly speaks: 'proof' | 'hint' | 'not at all';
  readonly channel: 'mqtt' | 'eventbridge';
  /** Repeats its signal with growing pauses until it is back. */
  readonly asksAgain: boolean;
  /** When it first uses the token that OpenTunnel returned; never, if absent. */
  readonly firstUseAfter: number | undefined;
  /** Longest time from a new version to its connection. */
  readonly connectsWithin: number;
  /** Longest time until it notices that its connection ended. */
  readonly noticesWithin: number;
  /** Share of its drops that come without a FIN. */
  readonly silentDrops: number;
  /** It has a client token, with which it tries for so long to come back before it asks for a new token. */
  readonly healsWithin: number | undefined;
  readonly mischief: 'none' | 'stale proofs' | 'late proofs' | 'forged ids' | 'hints while healthy' | 'proofs while healthy';
}

/** Between one question and the next. */
export const PAUSES = [2_000, 4_000, 8_000, 16_000, 32_000, 60_000];

export function drawTraits(chance: Chance, { hasty }: Life, grace: number): Traits {
  return {
    speaks: chance.pick(['proof', 'proof', 'hint', 'not at all']),
    channel: chance.pick(['mqtt', 'mqtt', 'eventbridge']),
    asksAgain: chance.happens(0.8),
    firstUseAfter: chance.pick([500, 3_000, 30_000, 300_000, chance.happens(0.3) ? undefined : 60_000]),
    connectsWithin: hasty ? 100 : chance.pick([300, 3_000, 30_000, 60_000]),
    noticesWithin: hasty ? 100 : chance.pick([100, 2_000, 30_000]),
    silentDrops: chance.pick([0, 0.5, 1]),
    healsWithin: chance.of(HEALS).happens(grace > 0 ? 0.5 : 0.1) ? chance.of(HEALS, 1).pick([0.5, 0.95, 2]) * (grace || 20_000) : undefined,
    mischief: chance.pick(['none', 'none', 'stale proofs', 'late proofs', 'forged ids', 'hints while healthy', 'proofs while healthy']),
  };
}

const HEALS = 12;
const PURPOSES = ['first use', 'connect', 'lifetime', 'notice', 'poll', 'late copy', 'mischief', 'heal'] as const;

/** What others tell a source, and ask it. */
export type Client = Pick<Source, 'waits' | 'dropped' | 'ended' | 'learns' | 'hears'>;

/** Whoever holds the source end of one tunnel: connects, drops, asks for a new token, comes back. */
export class Source extends Party<'idle' | 'connecting' | 'connected' | 'waiting', typeof PURPOSES[number]> {
  /** The version of the token that it tried last; none for OpenTunnel's own. */
  private version: string | undefined;
  private token: Token | undefined;
  /** Versions that it used before. */
  private readonly used: string[] = [];
  private drops = 0;
  private said = 0;
  private misdeeds = 0;

  constructor(
    private readonly world: Reach, private readonly tunnel: Tunnel, chance: Chance, readonly traits: Traits,
    /** How often it may drop. */
    private readonly mostDrops: number,
  ) {
    super(world.scheduler, chance, PURPOSES, 'idle');
    const { live: firstToken } = tunnel.source;
    const { firstUseAfter, mischief } = traits;
    if (firstUseAfter !== undefined) this.later(this.dice('first use').between(0, firstUseAfter), () => this.connect(firstToken, undefined));
    if (mischief !== 'none' && mischief !== 'late proofs') this.planMischief();
  }

  /** It has no connection and wants one. */
  get waits(): boolean {
    return this.state === 'waiting' || this.state === 'connecting';
  }

  /** Its connection ended; it may take a while to notice. */
  dropped(): void {
    this.enter('connected');
    this.later(this.dice('notice').between(0, this.traits.noticesWithin), () => {
      this.enter('waiting');
      if (this.traits.healsWithin === undefined) return this.tryNewest(0);
      // A proof would say that there is no hope; a hint may be somebody else's.
      if (this.traits.speaks === 'hint') this.ask(0);
      this.heal(this.traits.healsWithin);
    });
  }

  /** There is a new version in its secret: it finds out by polling. */
  learns(): void {
    const delay = this.dice('poll').between(0, 2_000);
    if (this.state === 'waiting') this.later(delay, () => this.tryNewest(undefined));
  }

  /** An announcement reached it. */
  hears(): void {
    if (this.state === 'waiting') this.tryNewest(undefined);
  }

  /** @param asked how many times it asked before; absent if it is not its turn to ask */
  private tryNewest(asked: number | undefined): void {
    const { vault, tunneling } = this.world;
    const secret = vault.secrets.get(this.tunnel.id);
    if (secret && secret.current !== this.version && !this.used.includes(secret.current)) {
      const token = tunneling.tokens.get(secret.versions.get(secret.current) ?? '');
      if (token) return this.connect(token, secret.current);
    }
    if (asked !== undefined) this.ask(asked);
  }

  private connect(token: Token, version: string | undefined): void {
    this.enter('connecting');
    if (this.version) this.used.push(this.version);
    this.version = version;
    this.token = token;
    this.later(this.dice('connect').between(20, this.traits.connectsWithin), () => {
      const { world, tunnel } = this;
      const answer = world.tunneling.connect(tunnel, token, 'source', this.clientToken);
      world.tell?.(tunnel.index, `the source connects with ${version ?? 'its first token'}: ${answer}`);
      if (answer === 'connected') this.live();
      if (answer === 'refused') {
        this.enter('waiting');
        this.tryNewest(0);
      }
    });
  }

  /** Its network comes back in a while: then it tries the token that it has, which AWS takes from the client that spent it. */
  private heal(within: number): void {
    this.later(this.dice('heal').between(0, within), () => {
      const { world, tunnel, token } = this;
      const answer = token && world.tunneling.connect(tunnel, token, 'source', this.clientToken);
      world.tell?.(tunnel.index, `the source tries to heal: ${answer}`);
      if (answer === 'connected') {
        world.tally.count(world.tally.events, 'a client healed itself');
        this.live();
      }
      if (answer === 'refused') this.tryNewest(0);
    });
  }

  private get clientToken(): string | undefined {
    return this.traits.healsWithin === undefined ? undefined : `client-token-${this.tunnel.index}`;
  }

  private live(): void {
    this.enter('connected');
    const dice = this.dice('lifetime');
    if (this.drops >= this.mostDrops) return;
    const silent = dice.happens(this.traits.silentDrops);
    this.later(dice.around(this.world.conditions.life.connectionLasts), () => {
      if (this.world.isQuiet) return;
      this.drops += 1;
      this.world.tunneling.drop(this.tunnel, silent ? 'silent' : 'clean');
    });
  }

  private ask(asked: number): void {
    const { speaks, mischief, asksAgain } = this.traits;
    if (speaks === 'not at all') return;
    const proof = speaks === 'proof' ? this.version : undefined;
    const name = `${this.tunnel.index}.s${++this.said}`;
    this.world.said(this.tunnel, proof);
    this.say(name, proof);
    if (mischief === 'late proofs' && proof) {
      this.world.scheduler.after(this.dice('late copy').between(5_000, 200_000), () => this.say(`${name}.late`, proof));
    }
    if (asksAgain) this.later(PAUSES[Math.min(asked, PAUSES.length - 1)], () => this.tryNewest(asked + 1));
  }

  private say(name: string, proof: string | undefined, tunnelId = this.tunnel.id): void {
    this.world.post(this.tunnel, name, this.traits.channel, tunnelId, proof);
  }

  private planMischief(): void {
    const dice = this.dice('mischief');
    this.world.scheduler.after(dice.around(40_000), () => {
      if (this.state === 'gone' || this.world.isOver) return;
      const name = `${this.tunnel.index}.m${++this.misdeeds}`;
      if (this.world.allowsMischief(name)) this.misbehave(name, dice);
      this.planMischief();
    });
  }

  private misbehave(name: string, dice: Chance): void {
    const { world, tunnel, used, version } = this;
    switch (this.traits.mischief) {
      case 'stale proofs': return used.length > 0 ? this.say(name, dice.pick(used)) : undefined;
      case 'hints while healthy': return this.say(name, undefined);
      case 'forged ids':
        if (dice.happens(0.5)) return this.say(name, `forged-version-${dice.below(1e9)}`.padEnd(36, '0'));
        if (dice.happens(0.5)) return this.say(name, undefined, `forged-${dice.below(1e9)}`);
        return world.postRaw(tunnel, name, dice.pick(MALFORMED));
      case 'proofs while healthy':
        return this.state === 'connected' && !world.isQuiet && dice.happens(0.3) ? this.say(name, version) : undefined;
      case 'none':
      case 'late proofs': return undefined;
    }
  }
}

const MALFORMED = ['{', '[]', '{"via":"mqtt"}', '{"via":"mqtt","tunnelId":"%"}', '{"via":"mqtt","tunnelId":"t","since":-1}'];
