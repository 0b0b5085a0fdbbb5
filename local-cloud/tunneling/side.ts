import type { Clock } from '../clock';
import type { Behaviour } from './behaviour';
import type { Connection } from './connection';
import type { AccessToken } from './tokens';

const LATER = 1_500;

export interface ConnectionState {
  readonly status: 'CONNECTED' | 'DISCONNECTED';
  /** Epoch milliseconds. */
  readonly lastUpdatedAt?: number;
}

/** What was said until something else was said. */
interface Past {
  readonly until: number;
  readonly said: ConnectionState;
}

/** A side as JSON can hold it. */
export interface SideState {
  readonly status: ConnectionState['status'];
  readonly changedAt?: number;
  readonly everConnected: boolean;
}

/**
 * One end of a tunnel: its current token, its live connection, and what DescribeTunnel says about it. What is said may lag
 * behind what is: `live` is the truth, `shown` is the connection that the status speaks of.
 */
export class Side {
  /** The one token that opens this side; older ones are revoked. */
  token!: AccessToken;
  /** Carries frames right now. */
  live?: Connection;
  everConnected = false;
  private shown?: Connection;
  private status: ConnectionState['status'] = 'DISCONNECTED';
  private changedAt?: number;
  /** Oldest first, and only as far back as a stale answer may reach. */
  private past: Past[] = [];

  /** @param changed is called with the status when it is set, and with it the use of a token */
  constructor(
    private readonly createdAt: number,
    private readonly clock: Clock,
    private readonly behaviour: Behaviour,
    private readonly changed: (status: ConnectionState['status']) => void = () => undefined,
  ) {}

  /** @returns the connection that had this place, if it was still live. */
  connect(connection: Connection): Connection | undefined {
    const replaced = this.live;
    this.live = connection;
    this.shown = connection;
    this.everConnected = true;
    this.set('CONNECTED');
    return replaced;
  }

  /**
   * The connection is out of use at once; the status follows after `delay`, unless a newer connection came in between:
   * late news of an old connection never overwrites the state of a newer one.
   */
  disconnect(connection: Connection, delay: number): void {
    if (this.live === connection) this.live = undefined;
    const show = () => {
      if (this.shown !== connection) return;
      this.shown = undefined;
      this.set('DISCONNECTED');
    };
    if (delay > 0) this.clock.after(delay, show);
    else show();
  }

  /** The connection that is live, or at least still shows as CONNECTED. */
  get occupant(): Connection | undefined {
    return this.live ?? this.shown;
  }

  /** Moves `lastUpdatedAt` without a change of status. */
  touch(): void {
    this.remember();
    this.changedAt = this.clock.now();
  }

  /** @param lag milliseconds: what was to be said so long ago */
  state(lag = 0): ConnectionState {
    const asOf = this.clock.now() - lag;
    const { status, changedAt: lastUpdatedAt } = this;
    const said = this.past.find(({ until }) => asOf < until)?.said ?? { status, lastUpdatedAt };
    return { status: said.status, lastUpdatedAt: said.lastUpdatedAt ?? this.untouched(asOf) };
  }

  saved(): SideState {
    const { status, changedAt, everConnected } = this;
    return { status, changedAt, everConnected };
  }

  /** Back after a restart, which no connection survives: a side that showed one is DISCONNECTED from this moment on. */
  restore({ status, changedAt, everConnected }: SideState): void {
    this.everConnected = everConnected;
    this.changedAt = status === 'CONNECTED' ? this.clock.now() : changedAt;
  }

  private set(status: ConnectionState['status']): void {
    this.remember();
    this.status = status;
    this.changedAt = this.clock.now();
    this.changed(status);
  }

  private remember(): void {
    const now = this.clock.now();
    const { status, changedAt: lastUpdatedAt } = this;
    const oldest = now - this.behaviour.staleDescribeLagMs;
    this.past = [...this.past.filter(({ until }) => until > oldest), { until: now, said: { status, lastUpdatedAt } }];
  }

  private untouched(asOf: number): number | undefined {
    if (this.behaviour.neverConnectedLastUpdatedAt === 'missing') return undefined;
    const late = this.behaviour.neverConnectedLastUpdatedAt === 'later' && asOf >= this.createdAt + LATER;
    return late ? this.createdAt + LATER : this.createdAt;
  }
}
