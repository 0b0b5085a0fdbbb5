import { Instance, type Ground } from '../instance';
import { RecoveryStrand } from '../recovery-strand';
import type { Strand } from '../scheduler';
import type { Switchboard } from './switchboard';

/** The invocations that are under way, each an instance of its own. */
export class AtWork {
  private readonly strands = new Set<Strand>();
  private readonly instances = new Map<Strand, Instance>();

  /** @param groundFor the world, as it is seen by somebody whose plans matter as long as this holds */
  constructor(private readonly network: Switchboard, private readonly groundFor: (matters: () => boolean) => Ground) {}

  /** How many there are. */
  get size(): number {
    return this.strands.size;
  }

  /** ... and how many of them are rotators. */
  get rotators(): number {
    return [...this.strands].filter((strand) => strand instanceof RecoveryStrand).length;
  }

  begin(strand: Strand, timeout: number): Instance {
    const instance = new Instance(this.groundFor(() => this.strands.has(strand)), strand.name, 0, timeout, () => this.end(strand));
    instance.runs(strand);
    this.strands.add(strand);
    this.instances.set(strand, instance);
    return instance;
  }

  end(strand: Strand): void {
    this.network.dropAllOf(strand);
    this.strands.delete(strand);
    if (!strand.dead) this.instances.get(strand)?.returns();
  }

  die(strand: Strand): void {
    this.instances.get(strand)?.die('crashes');
  }

  deadlineOf(strand: Strand): number | undefined {
    return this.instances.get(strand)?.deadline;
  }

  /** Until each waits for a call. */
  async settle(): Promise<void> {
    for (const strand of this.strands) await this.network.settle(strand);
  }

  /** What tells one state of a world from another. */
  state(): unknown {
    return [...this.strands].sort((a, b) => (a.name < b.name ? -1 : 1)).map((strand) => [
      strand.name, this.network.memoryOf(strand), strand.unsure, strand.dead, this.deadlineOf(strand),
      strand instanceof RecoveryStrand ? [strand.lookedAt, strand.callsSinceLook, strand.rotatedIn, strand.deliveredIn, strand.troubled] : [],
    ]);
  }
}
