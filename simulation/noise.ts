import type { Stage } from './stage';
import type { Tunnel } from './tunneling';

/** Twenty a second. */
const EVERY = 50;
/** It tends to one; where calls fail, hints come back, five times at most. */
const MOST_CALLS_A_HINT = { calm: 1.5, stormy: 3 };
/** Looks that would be made anyway: sweeps, drops, what the source itself says. */
const ANYWAY = 300;

/** What noise can reach. */
export interface Listeners extends Stage {
  postRaw(tunnel: Tunnel, name: string, body: string): void;
  allowsMischief(name: string): boolean;
}

/** Somebody tells without end that one tunnel dropped. Invariant 13. */
export class Noise {
  private hints = 0;
  private calls = 0;
  private on = true;

  constructor(private readonly world: Listeners, private readonly tunnel: Tunnel, lasts: number) {
    const { scheduler } = world;
    const end = scheduler.now + lasts;
    if (!world.allowsMischief(`${tunnel.index}.noise`)) return;
    world.tally.count(world.tally.events, 'noise');
    world.tell?.(tunnel.index, 'somebody begins to tell twenty times a second that it dropped');
    const next = () => {
      if (tunnel.ended || world.isOver) return;
      if (scheduler.now >= end) return scheduler.after(60_000, () => this.judge());
      world.postRaw(tunnel, `${tunnel.index}.n${++this.hints}`, JSON.stringify({ tunnelId: encodeURIComponent(tunnel.id), via: 'mqtt' }));
      scheduler.after(EVERY, next);
    };
    next();
  }

  /** A recovery calls somebody about this tunnel. */
  called(tunnel: Tunnel | undefined): void {
    if (this.on && tunnel === this.tunnel) this.calls += 1;
  }

  private judge(): void {
    const { world, tunnel, hints, calls } = this;
    this.on = false;
    world.tally.noise.hints += hints;
    world.tally.noise.calls += calls;
    if (calls > MOST_CALLS_A_HINT[world.isCalm ? 'calm' : 'stormy'] * hints + ANYWAY) world.violate(13, tunnel, `${hints} hints cost ${calls} calls`);
  }
}
