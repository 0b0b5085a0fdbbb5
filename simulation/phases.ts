import { SIDES, type Side } from '../lambda/domain/vocabulary';
import { START } from './scheduler';
import type { SideState, Tunnel } from './tunneling';
import type { World } from './world';

const MINUTE = 60_000;
const EARNED_AFTER = 8 * MINUTE;
/** Between two looks at whether all is well. */
const LOOK = 5_000;
/** What has recovered must stay so for this long: more than a sweep and a claim. */
const STAYS = 2 * MINUTE;
/** A claim that must expire, a visibility timeout, two sweeps, a source that takes a minute to connect, and time to spare. */
const BOUND = 5 * MINUTE;
/** What piled up while calls hung is worked off by then, even where every call takes seconds. */
const DRAINS = 30 * MINUTE;
/** Every message has its last say by then: SQS delays by at most fifteen minutes. */
const CLEAN_BOUND = 20 * MINUTE;

/** A world's whole life: faults and drops, then quiet in which all must recover, then the end of all tunnels. */
export async function live(world: World): Promise<void> {
  world.tally.worlds += 1;
  world.begin();
  await until(world, () => world.scheduler.now - START >= world.conditions.life.storm);
  if (world.violation) return;
  world.isQuiet = true;
  await quiet(world);
  await end(world);
  world.tally.deadLetters += world.queue.deadLetters;
}

/** Invariants 1 and 4. */
async function quiet(world: World): Promise<void> {
  const { scheduler, watch, tunneling, conditions: { unknowns, policy } } = world;
  const began = scheduler.now;
  const all = [...tunneling.tunnels.values()].flatMap((tunnel) => SIDES.map((side) => ({ tunnel, side })));
  world.tell?.(undefined, 'faults and drops stop here');
  const boundOf = (tunnel: Tunnel, side: Side) => BOUND + unknowns.silentDropShowsAfter + (policy.grace ?? 0) + flappingAllowance(world, tunnel, side);
  const bounds = new Map<SideState, number>();
  let well = began;
  while (!world.violation && scheduler.now - well < STAYS) {
    await until(world, ((time) => () => scheduler.now >= time)(scheduler.now + LOOK));
    for (const { tunnel, side } of all) {
      const ailment = watch.ailment(tunnel, side);
      if (!ailment) continue;
      well = scheduler.now;
      const bound = Math.max(boundOf(tunnel, side), bounds.get(tunnel[side]) ?? 0); // the last call under way may still empty the bucket
      bounds.set(tunnel[side], bound);
      if (scheduler.now - began > bound) {
        world.violate(ailment.invariant, tunnel, `${ailment.words}, ${Math.round((scheduler.now - began) / 1000)} s after the last fault`);
      }
    }
  }
  const late = scheduler.now + DRAINS;
  if (world.isSwollen) await until(world, () => !world.isSwollen || scheduler.now > late);
  if (world.isSwollen) world.violate(6, undefined, `the queue still holds ${world.queue.size} messages`);
  world.tally.acceptedAsUnused += all.filter(({ tunnel, side }) => watch.isServed(tunnel, side) && watch.isAccepted(tunnel, side)).length;
}

/** An empty bucket may make a side wait for a token or two. */
function flappingAllowance({ ledger }: World, { id }: Tunnel, side: Side): number {
  return (ledger.read(id, side)?.budget?.tokens ?? Infinity) < 3 ? 3 * EARNED_AFTER : 0;
}

/** Invariant 6. */
async function end(world: World): Promise<void> {
  const { scheduler, tunneling, ledger, vault, queue } = world;
  if (world.violation) return;
  const dice = world.chance.of(END);
  for (const tunnel of tunneling.tunnels.values()) {
    const how = dice.happens(0.5) ? 'closed' : 'vanished';
    scheduler.after(dice.between(0, MINUTE), () => tunneling.end(tunnel, how));
  }
  const began = scheduler.now;
  const rest = () => [
    ...[...ledger.table.keys()].map((key) => `the ledger row of ${key}`),
    ...[...vault.secrets.keys()].map((id) => `the secret of ${id}`),
    ...(queue.size > 0 ? [`${queue.size} messages`] : []),
  ];
  const isClean = () => scheduler.now - began > MINUTE && ledger.table.size === 0 && vault.secrets.size === 0 && queue.size === 0;
  await until(world, () => isClean() || scheduler.now - began > CLEAN_BOUND);
  if (!isClean()) world.violate(6, ownerOf(world), `left behind: ${rest().join(', ')}`);
  world.isOver = true;
}

function ownerOf({ tunneling, ledger, vault }: World): Tunnel | undefined {
  const [row] = ledger.table.values();
  const [id] = vault.secrets.keys();
  return tunneling.tunnels.get(row?.tunnelId ?? id ?? '');
}

const END = 8;

async function until(world: World, reached: () => boolean): Promise<void> {
  if (world.violation) return;
  await world.scheduler.run(() => {
    world.tally.steps += 1;
    return world.violation !== undefined || reached();
  });
}
