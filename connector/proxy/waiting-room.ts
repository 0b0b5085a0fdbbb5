import type { Duplex } from 'node:stream';
import type { Clock } from '../session/ports';

/** A local connection that wants to go through the tunnel. */
export interface Guest {
  readonly service: string;
  readonly connection: Duplex;
}

export interface WaitingRoomProps {
  /** So many may wait. */
  readonly seats: number;
  /** Milliseconds that each may wait. */
  readonly patience: number;
  readonly clock: Clock;
  /** Sends somebody away. */
  readonly dismiss: (connection: Duplex) => void;
}

/** Connections that came while the tunnel was away. Bounded in number and in time. */
export class WaitingRoom {
  private readonly guests = new Map<Guest, AbortController>();

  constructor(private readonly props: WaitingRoomProps) {}

  get size(): number {
    return this.guests.size;
  }

  /** Whoever finds no seat is dismissed. */
  enter(guest: Guest): void {
    const { seats, patience, clock, dismiss } = this.props;
    if (this.guests.size >= seats) return dismiss(guest.connection);
    const left = new AbortController();
    this.guests.set(guest, left);
    const leave = () => this.leave(guest);
    guest.connection.once('close', leave);
    left.signal.addEventListener('abort', () => guest.connection.off('close', leave), { once: true });
    void clock.sleep(patience, left.signal).then(() => {
      if (left.signal.aborted) return;
      this.leave(guest);
      dismiss(guest.connection);
    });
  }

  /** Offers everybody a place, first come first; whoever takes it leaves. */
  call(take: (guest: Guest) => boolean): void {
    for (const guest of [...this.guests.keys()]) if (take(guest)) this.leave(guest);
  }

  /** Sends everybody away. */
  close(): void {
    this.call(({ connection }) => {
      this.props.dismiss(connection);
      return true;
    });
  }

  private leave(guest: Guest): void {
    this.guests.get(guest)?.abort();
    this.guests.delete(guest);
  }
}
