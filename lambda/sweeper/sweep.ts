import { decide } from '../domain/decide';
import { DEFAULT_POLICY, type Policy } from '../domain/policy';
import type { Clock, LedgerScan, Signals, TunnelList, Tunnels } from '../domain/ports';
import { SIDES, type Histories, type Signal } from '../domain/vocabulary';

export interface SweepPorts {
  readonly tunnels: Pick<Tunnels, 'observe'> & TunnelList;
  readonly ledger: LedgerScan;
  readonly signals: Signals;
  readonly clock: Clock;
  /** Resolves when the next call fits under the quota. */
  readonly pace: () => Promise<void>;
  /** From 0 to 1: where in the round this sweep begins. */
  readonly random: () => number;
  /** One tunnel could not be looked at; the sweep goes on. */
  readonly failed: (tunnelId: string, error: unknown) => void;
}

export interface SweepReport {
  readonly swept: number;
  readonly suspicious: number;
  /** Tunnels left for the next sweep because time ran out. */
  readonly notReached: number;
}

/**
 * Looks at every open tunnel and every ledger row, and sends a signal for each one that the rotator would act on. It
 * asks the same `decide`, so the two can't disagree, and it never acts itself: there is one place that rotates and retires.
 * Begins at a random place, so that in a fleet too large for one sweep every tunnel has its turn.
 */
export async function sweep(ports: SweepPorts, deadline: number, policy: Policy = DEFAULT_POLICY): Promise<SweepReport> {
  const { tunnels, ledger, clock, random, failed } = ports;
  const known = new Map<string, Histories>();
  for await (const { tunnelId, side, history } of ledger.rows()) known.set(tunnelId, { ...known.get(tunnelId), [side]: history });
  for await (const tunnelId of tunnels.openTunnelIds()) {
    if (!known.has(tunnelId)) known.set(tunnelId, {});
  }

  const round = startingAt([...known], Math.floor(random() * known.size));
  let swept = 0;
  let suspicious = 0;
  for (const [tunnelId, histories] of round) {
    await ports.pace();
    if (clock.now() >= deadline) break;
    swept += 1;
    try {
      if (await inspect(tunnelId, histories, ports, policy)) suspicious += 1;
    } catch (error) {
      failed(tunnelId, error);
    }
  }
  return { swept, suspicious, notReached: round.length - swept };
}

/** True if the rotator has something to do here, and was told so. */
async function inspect(tunnelId: string, histories: Histories, { tunnels, signals, clock }: SweepPorts, policy: Policy): Promise<boolean> {
  const observation = await tunnels.observe(tunnelId);
  const signal: Signal = { tunnelId, sides: SIDES, kind: 'drop', via: 'sweep', since: clock.now(), attempt: 0 };
  const sides = SIDES.filter((side) => {
    const decision = decide({ side, observation, history: histories[side], signal, now: clock.now() }, policy);
    return decision.kind !== 'hold' || decision.reason === 'grace'; // grace begins when somebody first notices
  });
  if (sides.length === 0) return false;
  await signals.send({ ...signal, sides });
  return true;
}

function startingAt<T>(items: readonly T[], index: number): T[] {
  return [...items.slice(index), ...items.slice(0, index)];
}
