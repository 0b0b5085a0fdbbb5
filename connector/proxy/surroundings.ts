import { networkInterfaces } from 'node:os';
import type { Clock } from '../session/ports';

/** How often the machine is looked at. Milliseconds, as all here. */
const TICK = 1_000;
/** A tick that took so much longer than it should: the machine slept. */
const SLEPT = 5_000;

/** The addresses of this machine, loopback left out. */
export function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((all = []) => all).filter(({ internal }) => !internal).map(({ address }) => address).sort();
}

/** Notices that the machine slept or that its network is another one: a connection from before may be dead without a word. */
export class Surroundings {
  private seen: string;

  constructor(private readonly clock: Clock, private readonly addresses: () => readonly string[] = ownAddresses) {
    this.seen = String(addresses());
  }

  now(): number {
    return this.clock.now();
  }

  has(address: string): boolean {
    return this.addresses().includes(address);
  }

  /** Resolves after so long, at once when aborted, and with `true` as soon as something changed. */
  async sleep(milliseconds: number, abort: AbortSignal): Promise<boolean> {
    const end = this.clock.now() + milliseconds;
    for (let left = milliseconds; left > 0 && !abort.aborted; left = end - this.clock.now()) {
      const before = this.clock.now();
      const tick = Math.min(left, TICK);
      await this.clock.sleep(tick, abort);
      if (abort.aborted) return false;
      const slept = this.clock.now() - before > tick + SLEPT;
      const now = String(this.addresses());
      const moved = now !== this.seen;
      this.seen = now;
      if (slept || moved) return true;
    }
    return false;
  }
}
