import type { Signal } from '../lambda/domain/vocabulary';
import { Strand } from './scheduler';
import type { Tunnel } from './tunneling';

/** One run of `recover`, with what the invariants want to know of it. */
export class RecoveryStrand extends Strand {
  /** When its latest DescribeTunnel was answered by the service, and how many other calls it made since. */
  lookedAt = -Infinity;
  callsSinceLook = 0;
  /** The episode in which its Rotate, and its delivery, took effect. */
  rotatedIn: number | undefined;
  deliveredIn: number | undefined;
  committed = false;
  /** The versions that it claimed for. */
  readonly claims: string[] = [];
  /** Its Rotate was refused. */
  refused = false;
  /** How many rotations its tunnel had left, by our own books, when it read the ledger. */
  affordable = 0;
  /** It died, or one of its calls failed. */
  troubled = false;

  constructor(
    name: string,
    by: string,
    /** Absent if there is no such tunnel. */
    readonly tunnel: Tunnel | undefined,
    readonly signal: Signal,
  ) {
    super(name, by);
  }
}
