import type { Clock, LedgerScan, Vault } from '../domain/ports';

export interface CleanupPorts {
  readonly ledger: LedgerScan;
  /** What lies below the prefix, for secrets whose row is lost: a ledger that was restored, or made anew under another construct's id. */
  readonly listed: { tunnelIds(): AsyncIterable<string> };
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
 * Deletes every secret below the prefix, once nobody is left to make another. A row is written before its secret and removed after it, so
 * the ledger knows all that its rotator made, also those that no list shows yet.
 */
export async function cleanUp(ports: CleanupPorts, deadline: number): Promise<CleanupReport> {
  await untilRotatorsAreGone(ports);
  let [destroyed, failed] = [0, 0];
  for await (const tunnelId of once(everyTunnel(ports))) {
    if (ports.clock.now() >= deadline) return { destroyed, failed, complete: false };
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

async function* everyTunnel({ ledger, listed }: CleanupPorts): AsyncGenerator<string> {
  for await (const { tunnelId, side } of ledger.rows()) if (side === 'source') yield tunnelId; // a destination's token is kept by nobody
  yield* listed.tunnelIds();
}

async function* once(all: AsyncIterable<string>): AsyncGenerator<string> {
  const seen = new Set<string>();
  for await (const each of all) {
    if (!seen.has(each)) yield each;
    seen.add(each);
  }
}

/** The rotator function is deleted by now, or has another prefix, but an invocation that was under way runs to its end. */
async function untilRotatorsAreGone({ clock, sleep }: CleanupPorts): Promise<void> {
  const gone = clock.now() + LAST_INVOCATION;
  while (clock.now() < gone) await sleep(GLANCE);
}
