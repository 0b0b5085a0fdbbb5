import type { Clock } from './ports';
import type { State } from './vocabulary';

/** What distinguishes each state from the others. */
export type Particulars = Distinct<State>;
type Distinct<T> = T extends unknown ? Omit<T, keyof Common> : never;
type Common = Pick<State, 'tunnelId' | 'at' | 'drops' | 'lastRecovery' | 'expiresAt'>;

/** Which state the session is in, and what it counts on the way. */
export class Progress {
  expiresAt: number | undefined;
  private drops: number;
  private lastRecovery: number | undefined;
  private lostAt: number | undefined;
  private offlineSince: number | undefined;
  private now: Particulars | undefined;

  constructor(private readonly tunnelId: string, private readonly clock: Clock, private readonly emit: (state: State) => void, before?: Progress['counts']) {
    this.drops = before?.drops ?? 0;
    this.lastRecovery = before?.lastRecovery;
  }

  enter(state: Particulars): void {
    this.now = state;
    this.offlineSince = undefined;
    this.show(state);
  }

  /** The connection is not there any more; recovery counts from the first sign of that. */
  lost(): void {
    this.lostAt ??= this.clock.now();
  }

  /** There is a sign that the connection is lost, while the child still runs. */
  losing(): void {
    this.lost();
    if (this.now?.state === 'connected') this.enter({ state: 'reconnecting', since: this.lostAt! });
  }

  /** The connection stands: whatever looked like a loss was none. */
  assured(connected: Particulars): void {
    this.lostAt = undefined;
    if (this.now?.state !== 'connected') this.enter(connected);
  }

  /** The connection was lost, and the tunnel is not over: something to recover from. */
  dropped(): void {
    this.lost();
    this.drops += 1;
  }

  connected(connected: Particulars): void {
    if (this.lostAt !== undefined) this.lastRecovery = this.clock.now() - this.lostAt;
    this.lostAt = undefined;
    this.enter(connected);
  }

  /** AWS does not answer; whatever we did before goes on once it does. */
  offline(): void {
    if (this.offlineSince !== undefined) return;
    this.offlineSince = this.clock.now();
    if (this.now?.state === 'connected') this.lostAt ??= this.offlineSince;
    this.show({ state: 'offline', since: this.offlineSince });
  }

  online(): void {
    if (this.offlineSince === undefined) return;
    this.offlineSince = undefined;
    if (this.now) this.show(this.now);
  }

  /** How things are, once more, for whoever counts. */
  get counts(): Pick<State, 'drops' | 'lastRecovery' | 'expiresAt'> {
    const { drops, lastRecovery, expiresAt } = this;
    return { drops, lastRecovery, expiresAt };
  }

  private show(state: Particulars): void {
    this.emit({ tunnelId: this.tunnelId, at: this.clock.now(), ...this.counts, ...state } as State);
  }
}
