/** A question wanted more tunnels than were announced. */
export class TooManyTunnelsError extends Error {
  override readonly name = 'TooManyTunnelsError';

  constructor(most: number) {
    super(`The measurement wanted more than the ${most} tunnels that were announced`);
  }
}

/** The run is over: what would be opened now, nobody would close. */
export class LeaseEndedError extends Error {
  override readonly name = 'LeaseEndedError';

  constructor() {
    super('The run is over, and opens no more tunnels');
  }
}

/** What it takes to find and close a tunnel. */
export interface Closer {
  close(tunnelId: string): Promise<void>;
  /** Open tunnels that this measurement opened, whether or not it heard their ids. */
  leftovers(): Promise<readonly string[]>;
}

/** Remembers which tunnels were opened, so that all of them are closed in the end. */
export class Lease {
  private readonly held = new Set<string>();
  private opened = 0;
  /** An OpenTunnel whose answer never came may have opened one all the same. */
  private unanswered = false;
  private over = false;
  private underWay: Promise<unknown> = Promise.resolve();

  /** @param most tunnels that may be opened */
  constructor(private readonly most: number) {}

  /** How many tunnels were opened so far. */
  get count(): number {
    return this.opened;
  }

  /**
   * @param refused whether an error says for sure that nothing was opened
   * @throws TooManyTunnelsError, LeaseEndedError, and whatever `open` ends with
   */
  async take<T extends { readonly tunnelId: string }>(open: () => Promise<T>, refused: (error: unknown) => boolean): Promise<T> {
    if (this.over) throw new LeaseEndedError();
    if (this.opened >= this.most) throw new TooManyTunnelsError(this.most);
    const opening = open();
    this.underWay = opening.catch(() => undefined);
    try {
      const tunnel = await opening;
      this.opened += 1;
      this.held.add(tunnel.tunnelId);
      return tunnel;
    } catch (error) {
      if (!refused(error)) this.unanswered = true;
      throw error;
    }
  }

  closed(tunnelId: string): void {
    this.held.delete(tunnelId);
  }

  /**
   * Closes whatever is still open, and lets nobody open more: a row that nobody waits for may still be at it.
   * @returns the errors of tunnels that could not be closed
   */
  async closeAll({ close, leftovers }: Closer): Promise<readonly unknown[]> {
    this.over = true;
    await this.underWay;
    const errors: unknown[] = [];
    const attempt = (work: () => Promise<void>) => work().catch((error: unknown) => { errors.push(error); });
    if (this.unanswered) await attempt(async () => (await leftovers()).forEach((tunnelId) => this.held.add(tunnelId)));
    for (const tunnelId of this.held) await attempt(() => close(tunnelId).then(() => this.closed(tunnelId)));
    return errors;
  }
}
