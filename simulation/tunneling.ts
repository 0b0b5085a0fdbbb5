import { DependencyError } from '../lambda/domain/errors';
import type { Connection, Observation } from '../lambda/domain/vocabulary';
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
  readonly source: SideState;
  /** Closed is still visible, vanished is not. */
  ended?: 'closed' | 'vanished';
}

/** What the rest of the world hears of the tunnels. */
export interface TunnelWatch {
  connected(tunnel: Tunnel): void;
  /** The connection really ended. */
  dropped(tunnel: Tunnel, how: 'clean' | 'silent' | 'kicked', token: Token): void;
  /** DescribeTunnel begins to show that a connection ended; `late`, if Rotate had revoked its token before. */
  shows(tunnel: Tunnel, late: boolean): void;
  ended(tunnel: Tunnel): void;
}

/** The destination side is not simulated yet. */
const NEVER: Connection = { status: 'DISCONNECTED' };

export const TOKEN_MARK = 'LOCALCAT';

/** AWS IoT Secure Tunneling, pretended, with the unknowns switched one way or the other. */
export class Tunneling {
  readonly tunnels = new Map<string, Tunnel>();
  readonly tokens = new Map<string, Token>();
  private issued = 0;

  constructor(private readonly scheduler: Scheduler, private readonly unknowns: Unknowns, private readonly watch: TunnelWatch) {}

  open(index: number, id: string, lifetime: number): Tunnel {
    const createdAt = this.time();
    const { firstTimestampAfter: later } = this.unknowns;
    const shown: Connection = { status: 'DISCONNECTED', lastUpdatedAt: later === undefined ? undefined : createdAt };
    const source = { live: this.issue(index), shown, everConnected: false };
    const tunnel: Tunnel = { index, id, createdAt, expiresAt: createdAt + lifetime, source };
    this.tunnels.set(id, tunnel);
    if (later) {
      this.scheduler.after(later, () => {
        if (!tunnel.source.everConnected) tunnel.source.shown = { status: 'DISCONNECTED', lastUpdatedAt: createdAt + later };
      });
    }
    this.scheduler.at(tunnel.expiresAt, () => this.end(tunnel, 'closed'));
    return tunnel;
  }

  describe(id: string): Observation {
    const tunnel = this.tunnels.get(id);
    if (!tunnel || tunnel.ended === 'vanished') return { kind: 'unknown' };
    if (tunnel.ended === 'closed') return { kind: 'closed' };
    const { createdAt, expiresAt, source } = tunnel;
    const at = Math.floor(this.scheduler.now / 1000) * 1000;
    return {
      kind: 'open', at, createdAt, expiresAt, source: source.shown, destination: NEVER, services: ['SSH'], thingName: `device-${tunnel.index}`, tags: {},
    };
  }

  openIds(): string[] {
    return [...this.tunnels.values()].filter(({ ended }) => !ended).map(({ id }) => id);
  }

  rotate(id: string): { readonly token: Token; readonly fence: number } {
    const tunnel = this.tunnels.get(id);
    if (!tunnel || tunnel.ended) throw refused('ResourceNotFoundException');
    const { source } = tunnel;
    if (!source.everConnected && !this.unknowns.rotateWorksBeforeFirstConnect) throw refused('InvalidRequestException');
    source.live.revoked = true;
    source.live = this.issue(tunnel.index);
    if (this.unknowns.rotateMovesTimestamp && source.shown.lastUpdatedAt !== undefined) {
      source.shown = { ...source.shown, lastUpdatedAt: this.time() };
    }
    if (source.link && this.unknowns.rotateKicks) this.unlink(tunnel, source.link, 'kicked', this.unknowns.kickShowsAfter);
    return { token: source.live, fence: (Math.floor(this.scheduler.now / 1000) + 1) * 1000 };
  }

  connect(tunnel: Tunnel, token: Token): 'connected' | 'refused' | 'ended' {
    const { source } = tunnel;
    if (tunnel.ended) return 'ended';
    if (token !== source.live || token.spent) return 'refused';
    token.spent = true;
    source.everConnected = true;
    source.link = { token, since: this.scheduler.now, alive: true };
    source.shown = { status: 'CONNECTED', lastUpdatedAt: this.time() };
    this.watch.connected(tunnel);
    return 'connected';
  }

  drop(tunnel: Tunnel, how: 'clean' | 'silent'): void {
    const { link } = tunnel.source;
    const { silentDropShowsAfter, cleanDropShowsAfter } = this.unknowns;
    if (link?.alive) this.unlink(tunnel, link, how, how === 'silent' ? silentDropShowsAfter : cleanDropShowsAfter);
  }

  end(tunnel: Tunnel, how: 'closed' | 'vanished'): void {
    if (tunnel.ended) return;
    tunnel.ended = how;
    tunnel.source.link = undefined;
    this.watch.ended(tunnel);
  }

  private unlink(tunnel: Tunnel, link: Link, how: 'clean' | 'silent' | 'kicked', showsAfter: number): void {
    const wasAlive = link.alive;
    link.alive = false;
    const show = () => {
      if (tunnel.source.link !== link) return; // a newer connection took its place, or it shows already
      tunnel.source.link = undefined;
      tunnel.source.shown = { status: 'DISCONNECTED', lastUpdatedAt: this.time() };
      this.watch.shows(tunnel, showsAfter > 0 && link.token.revoked);
    };
    if (wasAlive) this.watch.dropped(tunnel, how, link.token);
    if (showsAfter === 0) show();
    else this.scheduler.after(showsAfter, show);
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
