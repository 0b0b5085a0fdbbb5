import type { Invocation } from './network';
import type { RecoveryStrand } from './recovery-strand';
import type { Strand } from './scheduler';
import type { Stage } from './stage';

/** What an instance needs around it. */
export interface Ground extends Pick<Stage, 'scheduler' | 'tell'> {
  readonly watch: { troubled(strand: Strand): void };
}

/** AWS Lambda, pretended: an invocation runs one strand after the other until it returns, crashes or reaches its deadline. */
export class Instance implements Invocation {
  readonly deadline: number;
  private strand: Strand | undefined;
  private over = false;

  constructor(
    private readonly world: Ground, readonly name: string, readonly skew: number, timeout: number,
    /** Called once, when it returned or died. */
    private readonly ended: (returned: boolean) => void,
  ) {
    this.deadline = world.scheduler.now + timeout;
    world.scheduler.at(this.deadline, () => this.die('is killed at its deadline'));
  }

  /** To be called when a strand begins. */
  runs(strand: Strand): void {
    this.strand = strand;
  }

  /** To be called when all is done. */
  returns(): void {
    if (this.over) return;
    this.over = true;
    this.ended(true);
  }

  die(cause: string): void {
    if (this.over) return;
    this.over = true;
    const { strand, world } = this;
    if (strand && !strand.ended) {
      strand.diedAt = world.scheduler.now;
      world.tell?.((strand as Partial<RecoveryStrand>).tunnel?.index, cause, { strand });
      world.watch.troubled(strand);
    }
    this.ended(false);
  }
}
