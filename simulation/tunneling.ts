import { DependencyError } from '../lambda/domain/errors';
import { SIDES, type Connection, type Observation, type Side } from '../lambda/domain/vocabulary';
import type { Unknowns } from './conditions';
import type { Scheduler } from './scheduler';

/** A client access token. Its text holds `LOCALCAT`, so that a leak is found by looking for that. */
export interface Token {
  readonly text: string;
  /** The secret version that it was delivered under. */
  version?: string;
  /** A connection was made with it. */
  spent: boolean;
  revoked: boolean;
  /** The client token of whoever spent it: he alone may come back with it. */
  holder?: string;
}

/** A connection as it really is, whatever DescribeTunnel says of it. */
export interface Link {
  readonly token: Token;
  readonly since: number;
  /** False once it was cut or kicked; the service may not have noticed yet. */
  alive: boolean;
}

/** One side of a tunnel. */
export interface SideState {
  /** The one token that can connect, unless it is spent. */
  live: Token;
  link?: Link;
  shown: Connection;
  everConnected: boolean;
}

export interface Tunnel {
  /** Its number in the world. */
  readonly index: number;
  readonly id: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** Absent: nobody's in particular. */
  readonly thingName?: string;
  readonly source: SideState;
  readonly destination: SideState;
  /** Closed is still visible, vanished is not. */
  ended?: 'closed' | 'vanished';
}

/** What the rest of the world hears of the tunnels. */
export interface TunnelWatch {
  connected(tunnel: Tunnel, side: Side): void;
  /** The connection really ended. */
  dropped(tunnel: Tunnel, side: Side, how: 'clean' | 'silent' | 'kicked', token: Token): void;
  /** DescribeTunnel begins to show that a connection ended; `late`, if Rotate had revoked its token before. */
  shows(tunnel: Tunnel, side: Side, late: boolean): void;
  ended(tunnel: Tunnel): void;
}

export const TOKEN_MARK = 'LOCALCAT';
/** A side changes no more often within the time by which answers are stale. */
const MOST_CHANGES = 50;

/** AWS IoT Secure Tunneling, pretended, with the unknowns switched one way or the other. */
export class Tunneling {
  readonly tunnels = new Map<string, Tunnel>();
  readonly tokens = new Map<string, Token>();
  private issued = 0;
  /** What each side showed until when, where answers may be stale. */
  private readonly past = new Map<SideState, { readonly until: number; readonly shown: Connection }[]>();
  private readonly endedAt = new Map<Tunnel, number>();

  constructor(private readonly scheduler: Scheduler, private readonly unknowns: Unknowns, private readonly watch: TunnelWatch) {}

  open(index: number, id: string, lifetime: number, { thingName }: Pick<Tunnel, 'thingName'> = { thingName: `device-${index}` }): Tunnel {
    const createdAt = this.time();
    const { firstTimestampAfter: later } = this.unknowns;
    const shown: Connection = { status: 'DISCONNECTED', lastUpdatedAt: later === undefined ? undefined : createdAt };
    const [source, destination] = SIDES.map((): SideState => ({ live: this.issue(index), shown, everConnected: false }));
    const tunnel: Tunnel = { index, id, createdAt, expiresAt: createdAt + lifetime, thingName, source, destination };
    this.tunnels.set(id, tunnel);
    if (later) {
      this.scheduler.after(later, () => {
        for (const side of SIDES) if (!tunnel[side].everConnected) this.show(tunnel[side], { status: 'DISCONNECTED', lastUpdatedAt: createdAt + later });
      });
    }
    this.scheduler.at(tunnel.expiresAt, () => this.end(tunnel, 'closed'));
    return tunnel;
  }

  /** @param lag tells what was true so long ago */
  describe(id: string, lag = 0): Observation {
    const tunnel = this.tunnels.get(id);
    const asOf = this.scheduler.now - lag;
    if (!tunnel || tunnel.createdAt > asOf) return { kind: 'unknown' };
    if (tunnel.ended && (this.endedAt.get(tunnel) ?? 0) <= asOf) return { kind: tunnel.ended === 'closed' ? 'closed' : 'unknown' };
    const { createdAt, expiresAt, source, destination, thingName } = tunnel;
    const at = Math.floor(this.scheduler.now / 1000) * 1000;
    const shown = { source: this.shownAt(source, asOf), destination: this.shownAt(destination, asOf) };
    return { kind: 'open', at, createdAt, expiresAt, ...shown, services: ['SSH'], thingName, tags: {} };
  }

  openIds(): string[] {
    return [...this.tunnels.values()].filter(({ ended }) => !ended).map(({ id }) => id);
  }

  openIdsOf(thingName: string): string[] {
    return [...this.tunnels.values()].filter((tunnel) => !tunnel.ended && tunnel.thingName === thingName).map(({ id }) => id);
  }

  rotate(id: string, sides: readonly Side[] = ['source']): { readonly tokens: Readonly<Partial<Record<Side, Token>>>; readonly fence: number } {
    const tunnel = this.tunnels.get(id);
    if (!tunnel || tunnel.ended) throw refused('ResourceNotFoundException');
    const { rotateWorksBeforeFirstConnect, rotateMovesTimestamp, rotateKicks, kickShowsAfter } = this.unknowns;
    if (!rotateWorksBeforeFirstConnect && sides.some((side) => !tunnel[side].everConnected)) throw refused('InvalidRequestException');
    for (const side of sides) {
      const state = tunnel[side];
      state.live.revoked = true;
      state.live = this.issue(tunnel.index);
      if (rotateMovesTimestamp && state.shown.lastUpdatedAt !== undefined) this.show(state, { ...state.shown, lastUpdatedAt: this.time() });
      if (state.link && rotateKicks) this.unlink(tunnel, side, state.link, 'kicked', kickShowsAfter);
    }
    return { tokens: Object.fromEntries(sides.map((side) => [side, tunnel[side].live])), fence: (Math.floor(this.scheduler.now / 1000) + 1) * 1000 };
  }

  /** @param clientToken with which its holder may come back, as long as nobody rotates */
  connect(tunnel: Tunnel, token: Token, side: Side = 'source', clientToken?: string): 'connected' | 'refused' | 'ended' {
    const state = tunnel[side];
    if (tunnel.ended) return 'ended';
    if (token !== state.live || (token.spent && (clientToken === undefined || token.holder !== clientToken))) return 'refused';
    token.spent = true;
    token.holder = clientToken;
    state.everConnected = true;
    state.link = { token, since: this.scheduler.now, alive: true };
    this.show(state, { status: 'CONNECTED', lastUpdatedAt: this.time() });
    this.watch.connected(tunnel, side);
    return 'connected';
  }

  drop(tunnel: Tunnel, how: 'clean' | 'silent', side: Side = 'source'): void {
    const { link } = tunnel[side];
    const { silentDropShowsAfter, cleanDropShowsAfter } = this.unknowns;
    if (link?.alive) this.unlink(tunnel, side, link, how, how === 'silent' ? silentDropShowsAfter : cleanDropShowsAfter);
  }

  end(tunnel: Tunnel, how: 'closed' | 'vanished'): void {
    if (tunnel.ended) return;
    tunnel.ended = how;
    this.endedAt.set(tunnel, this.scheduler.now);
    for (const side of SIDES) tunnel[side].link = undefined;
    this.watch.ended(tunnel);
  }

  private unlink(tunnel: Tunnel, side: Side, link: Link, how: 'clean' | 'silent' | 'kicked', showsAfter: number): void {
    const wasAlive = link.alive;
    link.alive = false;
    const show = () => {
      if (tunnel[side].link !== link) return; // a newer connection took its place, or it shows already
      tunnel[side].link = undefined;
      this.show(tunnel[side], { status: 'DISCONNECTED', lastUpdatedAt: this.time() });
      this.watch.shows(tunnel, side, showsAfter > 0 && link.token.revoked);
    };
    if (wasAlive) this.watch.dropped(tunnel, side, how, link.token);
    if (showsAfter === 0) show();
    else this.scheduler.after(showsAfter, show);
  }

  private show(state: SideState, shown: Connection): void {
    if (this.unknowns.staleReads > 0) {
      const past = this.past.get(state) ?? [];
      past.push({ until: this.scheduler.now, shown: state.shown });
      this.past.set(state, past.slice(-MOST_CHANGES));
    }
    state.shown = shown;
  }

  private shownAt(state: SideState, asOf: number): Connection {
    return this.past.get(state)?.find(({ until }) => until > asOf)?.shown ?? state.shown;
  }

  private issue(index: number): Token {
    const token = { text: `${TOKEN_MARK}-${index}-${++this.issued}`, spent: false, revoked: false };
    this.tokens.set(token.text, token);
    return token;
  }

  /** Service time, as far as DescribeTunnel shows it. */
  private time(): number {
    const { timestampResolution } = this.unknowns;
    return Math.floor(this.scheduler.now / timestampResolution) * timestampResolution;
  }
}

const refused = (code: string) => new DependencyError('Simulated.rotate', 'refused', code, true);
