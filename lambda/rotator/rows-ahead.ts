import type { Ledger } from '../domain/ports';
import type { Histories, Signal } from '../domain/vocabulary';

/** A signal that waited for so long may be older than the token that lies there by now. */
export const WAITED = 2_000;

export const hasWaited = ({ attempt, kind, sides, since }: Signal, now: number): boolean =>
  attempt === 0 && kind === 'drop' && sides.length === 1 && sides[0] === 'source' && now - since > WAITED;

/**
 * The rows of a batch's signals that waited, read all at once instead of each in its turn, so that a fleet that drops at once does not wait
 * for them. What a row says of a signal sent before its delivery stays true; one that says nothing of it yet costs a look, which reads it anew.
 */
export class RowsAhead {
  private readonly rows = new Map<string, Promise<Histories>>();

  constructor(private readonly ledger: Pick<Ledger, 'read'>, signals: readonly Signal[], now: number) {
    for (const { tunnelId } of signals.filter((signal) => hasWaited(signal, now))) {
      if (this.rows.has(tunnelId)) continue;
      const row = ledger.read(tunnelId);
      row.catch(() => undefined); // whoever needs it is told
      this.rows.set(tunnelId, row);
    }
  }

  /** The row as it was when the batch began; for a tunnel's next signal, as it is. */
  read(tunnelId: string): Promise<Histories> {
    const row = this.rows.get(tunnelId);
    this.rows.delete(tunnelId);
    return row ?? this.ledger.read(tunnelId);
  }
}
