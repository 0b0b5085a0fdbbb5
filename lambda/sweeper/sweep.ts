import { decide } from '../domain/decide';
import { DEFAULT_POLICY, type Policy } from '../domain/policy';
import type { Clock, Ledger, LedgerPages, Page, Signals, TunnelPages, Tunnels } from '../domain/ports';
import { SIDES, type HoldReason, type Signal } from '../domain/vocabulary';
import { afterLook, afterPage, FIRST_ROUND, nextRound, oldestLook, sweepBegins, type Bookmark } from './round';

export interface SweepPorts {
  readonly tunnels: Pick<Tunnels, 'observe'> & TunnelPages;
  readonly ledger: Pick<Ledger, 'read'> & LedgerPages;
  readonly bookmarks: Bookmarks;
  readonly signals: Signals;
  readonly clock: Clock;
  /** Resolves when the next call fits under the quota. */
  readonly pace: () => Promise<void>;
  /** Whom this round has looked at, for as long as this process lives: a row of an open tunnel needs no second look. */
  readonly seen: Set<string>;
  /** One tunnel could not be looked at; the sweep goes on. */
  readonly failed: (tunnelId: string, error: unknown) => void;
}

/** Where the round under way stands, from one sweep to the next. */
export interface Bookmarks {
  read(): Promise<Bookmark | undefined>;
  write(bookmark: Bookmark): Promise<void>;
}

export interface SweepReport {
  readonly swept: number;
  readonly suspicious: number;
  /** The round came to its end. */
  readonly finished: boolean;
  /** Milliseconds since the tunnel whose turn is next was looked at. */
  readonly oldestLook: number;
}

/**
 * Goes on with the round, to its end or until time is up, and sends a signal for each tunnel that the rotator would act on. It asks the
 * same `decide`, so the two can't disagree, and it never acts itself: there is one place that rotates and retires.
 * No tunnel has its second look before every other one has had its first.
 */
export async function sweep(ports: SweepPorts, deadline: number, policy: Policy = DEFAULT_POLICY): Promise<SweepReport> {
  const { bookmarks, clock, seen } = ports;
  let bookmark: Bookmark = sweepBegins(await bookmarks.read() ?? FIRST_ROUND, clock.now());
  let [swept, suspicious] = [0, 0];
  try {
    for (let next: Bookmark | undefined = bookmark; next; ) {
      bookmark = next;
      const page = await pageAt(bookmark, ports);
      for (const tunnelId of page.items) {
        if (bookmark.looked.includes(tunnelId) || (bookmark.stage === 'rows' && seen.has(tunnelId))) continue;
        await ports.pace();
        if (clock.now() >= deadline) return report(false);
        swept += 1;
        if (await look(tunnelId, ports, policy)) suspicious += 1;
        seen.add(tunnelId);
        bookmark = afterLook(bookmark, tunnelId);
      }
      next = afterPage(bookmark, page.next);
    }
    bookmark = nextRound(bookmark);
    seen.clear();
    return report(true);
  } finally {
    // Also when a list could not be had: what was looked at need not be looked at again.
    await bookmarks.write(bookmark);
  }

  function report(finished: boolean): SweepReport {
    return { swept, suspicious, finished, oldestLook: clock.now() - oldestLook(bookmark, clock.now()) };
  }
}

/** The page where the bookmark lies. If AWS no longer knows the way to it, as many pages are turned as were done. */
async function pageAt({ stage, page, pages }: Bookmark, { tunnels, ledger, pace }: SweepPorts): Promise<Page<string>> {
  const turn = async (from: string | undefined): Promise<Page<string>> => {
    if (stage === 'rows') return ledger.rowTunnels(from);
    await pace();
    return tunnels.openTunnels(from);
  };
  try {
    return await turn(page);
  } catch (error) {
    if (page === undefined || !tunnels.refusedPage(error)) throw error;
    let found = await turn(undefined);
    for (let turned = 0; turned < pages && found.next !== undefined; turned++) found = await turn(found.next);
    return found;
  }
}

async function look(tunnelId: string, ports: SweepPorts, policy: Policy): Promise<boolean> {
  try {
    return await inspect(tunnelId, ports, policy);
  } catch (error) {
    ports.failed(tunnelId, error);
    return false;
  }
}

/**
 * Holds that somebody has to come back for: a drop whose grace ends before the next sweep, a dead owner whose traces only the
 * rotator can look up, and a tunnel that the service no longer knows, which the rotator looks at twice.
 */
const PENDING: readonly HoldReason[] = ['grace', 'in-doubt', 'unknown-tunnel'];

/** True if the rotator has something to do here, and was told so. */
async function inspect(tunnelId: string, { tunnels, ledger, signals, clock }: SweepPorts, policy: Policy): Promise<boolean> {
  const [observation, histories] = await Promise.all([tunnels.observe(tunnelId), ledger.read(tunnelId)]);
  const signal: Signal = { tunnelId, sides: SIDES, kind: 'drop', via: 'sweep', since: clock.now(), attempt: 0 };
  const sides = SIDES.filter((side) => {
    const decision = decide({ side, observation, history: histories[side], signal, now: clock.now() }, policy);
    return decision.kind !== 'hold' || (PENDING.includes(decision.reason) && decision.recheckAfter !== undefined);
  });
  if (sides.length === 0) return false;
  await signals.send({ ...signal, sides });
  return true;
}
