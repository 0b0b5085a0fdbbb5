import type { Clock } from '../clock';
import { AwsError } from '../service';
import type { Behaviour } from './behaviour';
import type { Connection } from './connection';
import type { Records, SideRecord } from './records';
import type { Tunnel } from './tunnel';
import type { Tunnels } from './tunnels';
import { SIDES, type SideName } from './vocabulary';

export interface ConnectionView {
  readonly channelId: string;
  /** Of the protocol: 1.0, 2.0 or 3.0. */
  readonly version: string;
  /** Epoch milliseconds. */
  readonly connectedAt: number;
  /** Bytes that the service holds because the client does not read them. */
  readonly waiting: number;
  /** Nothing is read from this client now, because the other side is slow. */
  readonly heldBack: boolean;
  /** Nothing is read from this client now, because it sent more than the tunnel carries. */
  readonly throttled: boolean;
}

export interface SideView extends Readonly<SideRecord> {
  /** What DescribeTunnel says. */
  readonly status: 'CONNECTED' | 'DISCONNECTED';
  /** The connection that really carries frames, if there is one. */
  readonly connection?: ConnectionView;
}

export interface TunnelView extends Record<SideName, SideView> {
  readonly tunnelId: string;
  readonly status: 'OPEN' | 'CLOSED';
  readonly thingName?: string;
  readonly services: readonly string[];
}

/** What tests and demos may see and do beyond AWS's API. Shows counts and states, never a token. */
export class TunnelingAdmin {
  constructor(
    private readonly store: Tunnels,
    private readonly records: Records,
    private readonly behaviour: Behaviour,
    private readonly clock: Clock,
  ) {}

  /** All visible tunnels, oldest first. */
  tunnels(): TunnelView[] {
    return this.store.visible().map((tunnel) => this.view(tunnel));
  }

  /** @throws AwsError ResourceNotFoundException */
  tunnel(tunnelId: string): TunnelView {
    return this.view(this.store.find(tunnelId));
  }

  /** Counts of connects, rotations, kicks and refusals; also for tunnels that are gone. */
  record(tunnelId: string): Record<SideName, SideRecord> {
    return structuredClone(this.records.of(tunnelId));
  }

  /** Refusals of requests whose token led to no tunnel. */
  strangers(): Readonly<Records['strangers']> {
    return { ...this.records.strangers };
  }

  /**
   * The client's network vanishes: no FIN, no RST reaches the service, which goes on showing CONNECTED for
   * `silentDropDelayMs`. The client itself notices at once, or only when the service gives up on it.
   *
   * @throws AwsError ResourceNotFoundException if there is no such tunnel or no live connection
   */
  cutSilently(tunnelId: string, side: SideName, { clientNotices = true }: { readonly clientNotices?: boolean } = {}): void {
    const { tunnel, connection } = this.live(tunnelId, side);
    tunnel.lost(side, connection, 'silent');
    if (clientNotices) return connection.cut();
    connection.hold('silence');
    this.clock.after(this.behaviour.silentDropDelayMs, () => connection.cut());
  }

  /** The connection breaks with a TCP reset, which the service notices after `resetDropDelayMs`. */
  cut(tunnelId: string, side: SideName): void {
    const { tunnel, connection } = this.live(tunnelId, side);
    tunnel.lost(side, connection, 'reset');
    connection.cut();
  }

  private live(tunnelId: string, side: SideName): { tunnel: Tunnel; connection: Connection } {
    const tunnel = this.store.find(tunnelId);
    const connection = tunnel[side].live;
    if (!connection) throw new AwsError('ResourceNotFoundException', `Tunnel ${tunnelId} has no live ${side} connection`);
    return { tunnel, connection };
  }

  private view(tunnel: Tunnel): TunnelView {
    const [source, destination] = SIDES.map((name): SideView => ({
      ...this.record(tunnel.id)[name],
      status: tunnel[name].state().status,
      connection: tunnel[name].live && viewOf(tunnel[name].live),
    }));
    const { id: tunnelId, status, services } = tunnel;
    return { tunnelId, status, thingName: tunnel.details.destinationConfig?.thingName, services, source, destination };
  }
}

const viewOf = (connection: Connection): ConnectionView => {
  const { details: { channelId, version, connectedAt }, waiting, heldBack } = connection;
  return { channelId, version, connectedAt, waiting, heldBack, throttled: connection.isHeld('bandwidth') };
};
