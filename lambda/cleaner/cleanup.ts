import type { Clock, LedgerScan, Vault } from '../domain/ports';

export interface CleanupPorts {
  readonly ledger: LedgerScan;
  readonly vault: Pick<Vault, 'destroy'>;
  readonly clock: Clock;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** One secret could not be deleted; the cleanup goes on. */
  readonly failed: (tunnelId: string, error: unknown) => void;
}

export interface CleanupReport {
  readonly destroyed: number;
  readonly failed: number;
  /** False: time ran out before the last row. */
  readonly complete: boolean;
}

/** The rotator's timeout of 20 s, and the time that its last requests may take to land. */
const LAST_INVOCATION = 25_000;
const GLANCE = 250;

/**
 * Deletes the secret of every row, once nobody is left to make another. A row is written before its secret and removed after
 * it, so the ledger knows them all.
 */
export async function cleanUp(ports: CleanupPorts, deadline: number): Promise<CleanupReport> {
  await untilRotatorsAreGone(ports);
  let [destroyed, failed] = [0, 0];
  for await (const { tunnelId, side } of ports.ledger.rows()) {
    if (ports.clock.now() >= deadline) return { destroyed, failed, complete: false };
    if (side !== 'source') continue; // a destination's token is kept by nobody
    try {
      await ports.vault.destroy(tunnelId);
      destroyed += 1;
    } catch (error) {
      ports.failed(tunnelId, error);
      failed += 1;
    }
  }
  return { destroyed, failed, complete: true };
}

/** The rotator function is deleted by now, but an invocation that was under way runs to its end. */
async function untilRotatorsAreGone({ clock, sleep }: CleanupPorts): Promise<void> {
  const gone = clock.now() + LAST_INVOCATION;
  while (clock.now() < gone) await sleep(GLANCE);
}
