import type { Invariant } from './invariants';
import { live } from './phases';
import type { Subject } from './subject';
import { World, type Plan } from './world';

/** More worlds than this are not tried to shorten one story. */
const MOST_TRIES = 2_000;

/**
 * Takes away from a world what its violation does not need: other tunnels, faults, drops. What is left is run once more, and
 * told.
 */
export async function shrink(plan: Plan, subject: Subject, broken: Invariant): Promise<World> {
  let tries = 0;
  let best = await runWorld(plan, subject, true);
  const better = async (candidate: Plan): Promise<boolean> => {
    if (tries++ >= MOST_TRIES) return false;
    const world = await runWorld(candidate, subject, true);
    if (world.violation?.invariant !== broken) return false;
    best = world;
    return true;
  };

  const { tunnel } = best.violation ?? {};
  if (tunnel !== undefined) await better({ ...best.plan, tunnels: new Set([tunnel]) });
  await better({ ...best.plan, faults: new Set() });
  for (let before = Infinity; best.struck.length < before;) {
    before = best.struck.length;
    await fewerFaults();
    await fewerDrops();
  }
  return best;

  /** Leaves out ever smaller parts of the faults, as long as the violation stays (delta debugging). */
  async function fewerFaults(): Promise<void> {
    for (let size = best.struck.length; size >= 1; size = Math.floor(size / 2)) {
      for (let start = 0; start < best.struck.length;) {
        const kept = best.struck.filter((_, index) => index < start || index >= start + size);
        if (!await better({ ...best.plan, faults: new Set(kept) })) start += size;
      }
    }
  }

  async function fewerDrops(): Promise<void> {
    for (let drops = 1; drops <= Math.min(8, (best.plan.drops ?? 9) - 1); drops++) {
      if (await better({ ...best.plan, drops })) return;
    }
  }
}

export async function runWorld(plan: Plan, subject: Subject, recorded = false): Promise<World> {
  const world = new World(plan, subject, undefined, recorded);
  await live(world);
  return world;
}
