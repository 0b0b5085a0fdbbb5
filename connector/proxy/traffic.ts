import { Socket } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import type { Source } from '../../tunnel-protocol/peer';
import type { Guest, WaitingRoom } from './waiting-room';

/** Carries local connections through the tunnel while there is one, and lets them wait while there is none. */
export class Traffic {
  private source: Source | undefined;
  private readonly standing = new Map<Duplex, string>();

  constructor(private readonly room: WaitingRoom) {}

  /** Connections that go through the tunnel now. */
  get size(): number {
    return this.standing.size;
  }

  enter(guest: Guest): void {
    // Errors are followed by `close`, which is all that anybody here wants to know.
    guest.connection.on('error', () => undefined);
    if (!this.carried(guest)) this.room.enter(guest);
  }

  /** The tunnel is there: whoever waits goes through. */
  attach(source: Source): void {
    this.source = source;
    this.serve();
  }

  /** The tunnel is gone, and with it the device's end of whatever stood. */
  detach(): void {
    this.source = undefined;
    for (const connection of this.standing.keys()) reset(connection);
    this.standing.clear();
  }

  close(): void {
    this.detach();
    this.room.close();
  }

  private serve(): void {
    this.room.call((guest) => this.carried(guest));
  }

  /** @returns false if there is no tunnel, or no place in it: a service may carry one connection only */
  private carried({ service, connection }: Guest): boolean {
    if (!this.source || (this.source.single && [...this.standing.values()].includes(service))) return false;
    this.standing.set(connection, service);
    const stream = this.source.openStream(service);
    // One end closing ends the other; there is nobody to tell why.
    pipeline(connection, stream, connection, () => {
      this.standing.delete(connection);
      this.serve();
    });
    return true;
  }
}

/** Ends a connection so that its other end knows that something was lost. */
export function reset(connection: Duplex): void {
  if (connection instanceof Socket && !connection.destroyed) connection.resetAndDestroy();
  else connection.destroy();
}
