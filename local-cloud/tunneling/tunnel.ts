import type { Clock } from '../clock';
import type { Behaviour } from './behaviour';
import type { Connection } from './connection';
import { Relay } from './relay';
import { Side, type SideState } from './side';
import { SIDES, type SideName, type TunnelDetails } from './vocabulary';

/** A tunnel as JSON can hold it, with its tags as they are now. */
export interface TunnelState extends Readonly<Record<SideName, SideState>> {
  readonly details: TunnelDetails;
  readonly closedAt?: number;
}

/** How a connection ended: with a close frame, with a TCP reset or FIN, or without a word. */
type Drop = 'clean' | 'reset' | 'silent';

/** A side shows another state: a connection came, and with it the use of a token, or went. */
export type OnChange = (change: { readonly tunnelId: string; readonly side: SideName; readonly status: 'CONNECTED' | 'DISCONNECTED' }) => void;

/**
 * A tunnel: OPEN until CloseTunnel or the end of its lifetime, never reopened.
 * https://docs.aws.amazon.com/iot/latest/developerguide/tunnel-lifecycle.html
 */
export class Tunnel {
  readonly source: Side;
  readonly destination: Side;
  readonly tags: Map<string, string>;
  private readonly relay: Relay;
  private closedAt?: number;

  /** @param changed is called when a side's connection comes or goes */
  constructor(readonly details: TunnelDetails, private readonly clock: Clock, private readonly behaviour: Behaviour, changed: OnChange = () => undefined) {
    this.source = new Side(details.createdAt, clock, behaviour, (status) => changed({ tunnelId: details.tunnelId, side: 'source', status }));
    this.destination = new Side(details.createdAt, clock, behaviour, (status) => changed({ tunnelId: details.tunnelId, side: 'destination', status }));
    this.relay = new Relay({ source: this.source, destination: this.destination }, clock, behaviour);
    this.tags = new Map(details.tags.map(({ key, value }) => [key, value]));
  }

  saved(): TunnelState {
    const tags = [...this.tags].map(([key, value]) => ({ key, value }));
    return { details: { ...this.details, tags }, closedAt: this.closedAt, source: this.source.saved(), destination: this.destination.saved() };
  }

  /** For a new tunnel with the details of the saved one. */
  restore({ closedAt, source, destination }: TunnelState): void {
    this.closedAt = closedAt;
    this.source.restore(source);
    this.destination.restore(destination);
  }

  get id(): string {
    return this.details.tunnelId;
  }

  get services(): readonly string[] {
    return this.details.destinationConfig?.services ?? [];
  }

  get expiresAt(): number {
    return this.details.createdAt + this.details.lifetimeMinutes * 60_000;
  }

  get status(): 'OPEN' | 'CLOSED' {
    return this.closedAt === undefined && this.clock.now() < this.expiresAt ? 'OPEN' : 'CLOSED';
  }

  /** When it became CLOSED; undefined while it is OPEN. */
  get endedAt(): number | undefined {
    return this.closedAt ?? (this.status === 'CLOSED' ? this.expiresAt : undefined);
  }

  /** When the status last changed. */
  get lastUpdatedAt(): number {
    return this.endedAt ?? this.details.createdAt;
  }

  /** Status and its last change as they were `lag` milliseconds ago. */
  seen(lag: number): Pick<Tunnel, 'status' | 'lastUpdatedAt'> {
    const { endedAt } = this;
    const ended = endedAt !== undefined && this.clock.now() - lag >= endedAt;
    return ended ? { status: 'CLOSED', lastUpdatedAt: endedAt } : { status: 'OPEN', lastUpdatedAt: this.details.createdAt };
  }

  /** A client came with a good token. Whoever held the place before is sent away. */
  connect(name: SideName, connection: Connection): void {
    const replaced = this[name].connect(connection);
    this.relay.replaced(name);
    replaced?.close('The connection was replaced by a newer one');
    connection.onFrames((run) => this.relay.forward(name, connection, run));
    connection.onLost((farewell) => this.lost(name, connection, farewell ? 'clean' : 'reset'));
  }

  /** The connection of a side broke, or its client left. Nothing happens if it was out of use already. */
  lost(name: SideName, connection: Connection, how: Drop): void {
    if (this[name].live !== connection) return;
    this[name].disconnect(connection, this.behaviour[`${how}DropDelayMs`]);
    this.relay.gone(name);
  }

  /** Rotation revoked the token that this side is connected with. */
  kick(name: SideName): void {
    const connection = this[name].occupant;
    if (!connection) return;
    this[name].disconnect(connection, this.behaviour.kickShowsDisconnectedAfterMs);
    this.relay.gone(name);
    connection.close('The access token was rotated');
  }

  /** Ends both connections. A closed tunnel stays closed; closing it again changes nothing. */
  close(): void {
    if (this.closedAt !== undefined) return;
    this.closedAt = Math.min(this.clock.now(), this.expiresAt);
    for (const name of SIDES) {
      const connection = this[name].occupant;
      if (!connection) continue;
      this[name].disconnect(connection, 0);
      connection.close('The tunnel was closed');
    }
  }
}
