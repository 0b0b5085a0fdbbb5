import type { Client } from '../sources';
import type { Token, Tunnel, Tunneling } from '../tunneling';
import type { PretendedVault } from '../vault';
import type { Setting } from './setting';

/** What a small source can reach. */
export interface Around {
  readonly tunnel: Tunnel;
  readonly tunneling: Tunneling;
  readonly vault: Pick<PretendedVault, 'secrets'>;
  readonly watch: { said(tunnel: Tunnel, proof: string | undefined): void };
  enqueue(name: string, body: string, delay: number): void;
}

/** How often it asks once more after a token was refused. */
const REFUSALS = 2;

/** A source that does what it does when it is chosen to: connect, drop and say so. */
export class SmallSource implements Client {
  private connected = false;
  private version: string | undefined;
  private readonly tried: (string | undefined)[] = [];
  private dropsLeft: number;
  private refusalsLeft = REFUSALS;
  private said = 0;

  constructor(private readonly around: Around, private readonly setting: Setting) {
    this.dropsLeft = setting.drops;
  }

  get waits(): boolean {
    return !this.connected && this.tried.length > 0;
  }

  choices(): { readonly words: string; readonly happen: () => void }[] {
    const { tunnel } = this.around;
    if (tunnel.ended) return [];
    if (this.connected) return this.dropsLeft > 0 ? [{ words: 'the source drops', happen: () => this.drop() }] : [];
    const newest = this.newest();
    if (this.tried.length === 0 && !newest) {
      return [{ words: 'the source uses its first token', happen: () => this.connect(tunnel.source.live, undefined) }];
    }
    if (!newest || this.refusalsLeft === 0) return [];
    return [{ words: 'the source uses what lies in its secret', happen: () => this.connect(...newest) }];
  }

  /** What tells it from others. */
  state(): unknown {
    return [this.connected, this.version, this.tried, this.dropsLeft, this.refusalsLeft, this.said];
  }

  dropped(): void {
    this.connected = false;
    this.say();
  }

  ended(): void {
    this.connected = false;
  }

  learns(): void {
    // It looks when it is chosen to.
  }

  hears(): void {
    // It looks when it is chosen to.
  }

  private newest(): [Token, string] | undefined {
    const { vault, tunnel, tunneling } = this.around;
    const secret = vault.secrets.get(tunnel.id);
    if (!secret || this.tried.includes(secret.current)) return undefined;
    const token = tunneling.tokens.get(secret.versions.get(secret.current) ?? '');
    return token && [token, secret.current];
  }

  private connect(token: Token, version: string | undefined): void {
    this.tried.push(version);
    this.version = version;
    this.connected = this.around.tunneling.connect(this.around.tunnel, token) === 'connected';
    if (this.connected) return;
    this.refusalsLeft -= 1;
    this.say();
  }

  private drop(): void {
    this.dropsLeft -= 1;
    this.around.tunneling.drop(this.around.tunnel, this.setting.silent ? 'silent' : 'clean');
  }

  private say(): void {
    const { around: { tunnel, watch, enqueue }, setting: { speaks } } = this;
    if (speaks === 'not at all' || tunnel.ended) return;
    const proof = speaks === 'proof' ? this.version : undefined;
    watch.said(tunnel, proof);
    enqueue.call(this.around, `s${++this.said}`, JSON.stringify({ tunnelId: tunnel.id, proof, via: 'mqtt' }), 0);
  }
}
