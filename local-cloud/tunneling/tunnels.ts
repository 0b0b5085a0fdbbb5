import type { Clock } from '../clock';
import type { Place } from '../place';
import { AwsError } from '../service';
import type { Behaviour } from './behaviour';
import { type Random, Tokens, type TokenState } from './tokens';
import { type OnChange, Tunnel, type TunnelState } from './tunnel';
import { SIDES, type SideName, type TunnelDetails } from './vocabulary';

/** A closed tunnel can be described and listed for so long. https://docs.aws.amazon.com/iot/latest/developerguide/tunnel-lifecycle.html */
export const VISIBLE_AFTER_CLOSE = 3 * 60 * 60_000;

/** Tunnels and tokens as JSON can hold them. */
export interface TunnelsState {
  /** Oldest first. */
  readonly tunnels: readonly TunnelState[];
  readonly tokens: readonly TokenState[];
}

/** The tunnels of the account, newest last. */
export class Tunnels {
  readonly tokens: Tokens;
  private readonly byId = new Map<string, Tunnel>();
  private opened = 0;
  private readonly changeHandlers = new Set<OnChange>();

  constructor(
    private readonly place: Place,
    private readonly clock: Clock,
    private readonly behaviour: Behaviour,
    private readonly random: Random,
  ) {
    this.tokens = new Tokens(random, (tunnelId) => this.byId.get(tunnelId)?.status === 'OPEN');
  }

  /** @returns the tunnel and both tokens, which are kept nowhere. */
  open(request: Omit<TunnelDetails, 'tunnelId' | 'tunnelArn' | 'createdAt' | 'serial'>): { tunnel: Tunnel; source: string; destination: string } {
    this.requireRoom(request.destinationConfig?.services.length ?? 0);
    const tunnelId = uuid(this.random);
    const details = { ...request, tunnelId, tunnelArn: this.arn(tunnelId), createdAt: this.clock.now(), serial: ++this.opened };
    const tunnel = this.add(details);
    const [source, destination] = SIDES.map((name) => this.newToken(tunnel, name));
    return { tunnel, source, destination };
  }

  /** Puts a new token in the place of the side's old one. */
  newToken(tunnel: Tunnel, name: SideName): string {
    const { text, token } = this.tokens.issue(tunnel.id, name);
    if (tunnel[name].token) tunnel[name].token.revoked = true;
    tunnel[name].token = token;
    return text;
  }

  /** The tunnel, if it can still be described. */
  peek(tunnelId: string): Tunnel | undefined {
    return this.visible().find(({ id }) => id === tunnelId);
  }

  /** @throws AwsError ResourceNotFoundException, also three hours after the tunnel's end. */
  find(tunnelId: string): Tunnel {
    const tunnel = this.peek(tunnelId);
    if (!tunnel) throw new AwsError('ResourceNotFoundException', `Tunnel ${tunnelId} does not exist`);
    return tunnel;
  }

  /** @throws AwsError ResourceNotFoundException */
  findByArn(tunnelArn: string): Tunnel {
    const tunnel = this.visible().find(({ details }) => details.tunnelArn === tunnelArn);
    if (!tunnel) throw new AwsError('ResourceNotFoundException', 'The resource does not exist');
    return tunnel;
  }

  /** All that can still be described, in the order of their creation. */
  visible(): Tunnel[] {
    for (const tunnel of this.byId.values()) {
      if (tunnel.endedAt === undefined) continue;
      tunnel.close();
      if (this.clock.now() >= tunnel.endedAt + VISIBLE_AFTER_CLOSE) this.delete(tunnel);
    }
    return [...this.byId.values()];
  }

  delete(tunnel: Tunnel): void {
    tunnel.close();
    this.byId.delete(tunnel.id);
    this.tokens.forget(tunnel.id);
  }

  /** Called when something changed without an API call: a connection came, with its token, or went. */
  onChange(handler: OnChange): void {
    this.changeHandlers.add(handler);
  }

  saved(): TunnelsState {
    return { tunnels: this.visible().map((tunnel) => tunnel.saved()), tokens: this.tokens.saved() };
  }

  /** Back after a restart: the same tunnels with the same tokens, but without a connection. */
  restore({ tunnels, tokens }: TunnelsState): void {
    for (const state of tunnels) {
      this.add(state.details).restore(state);
      this.opened = Math.max(this.opened, state.details.serial);
    }
    for (const state of tokens) {
      const tunnel = this.byId.get(state.tunnelId);
      if (!tunnel) continue;
      const token = this.tokens.restore(state);
      if (!token.revoked) tunnel[token.side].token = token;
    }
  }

  private add(details: TunnelDetails): Tunnel {
    const tunnel = new Tunnel(details, this.clock, this.behaviour, (change) => this.changeHandlers.forEach((handler) => handler(change)));
    this.byId.set(tunnel.id, tunnel);
    this.closeAt(tunnel);
    return tunnel;
  }

  private requireRoom(services: number): void {
    const { maxServicesPerTunnel, maxOpenTunnels } = this.behaviour;
    if (services > maxServicesPerTunnel) {
      throw new AwsError('LimitExceededException', `A tunnel cannot have more than ${maxServicesPerTunnel} services`);
    }
    if (this.visible().filter(({ status }) => status === 'OPEN').length >= maxOpenTunnels) {
      throw new AwsError('LimitExceededException', `The account cannot have more than ${maxOpenTunnels} open tunnels`);
    }
  }

  /** A clock may ring early (timers are cut to whole milliseconds): then it is set again. */
  private closeAt(tunnel: Tunnel): void {
    this.clock.after(Math.max(1, tunnel.expiresAt - this.clock.now()), () => {
      if (tunnel.status === 'CLOSED') tunnel.close();
      else this.closeAt(tunnel);
    });
  }

  arn(tunnelId: string): string {
    return this.place.arn('iot', `tunnel/${tunnelId}`);
  }

  thingArn(thingName: string): string {
    return this.place.arn('iot', `thing/${thingName}`);
  }
}

function uuid(random: Random): string {
  const hex = random(16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
