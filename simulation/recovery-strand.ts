import type { Side, Signal } from '../lambda/domain/vocabulary';
import { Strand } from './scheduler';
import type { Tunnel } from './tunneling';

/** One run of `recover`, with what the invariants want to know of it. */
export class RecoveryStrand extends Strand {
  /** Of when its latest DescribeTunnel told, and how many other calls it made since. */
  lookedAt = -Infinity;
  callsSinceLook = 0;
  /** ... when it called Rotate, which may land later. */
  callsBeforeRotate = 0;
  /** The episode of each side in which its Rotate, and its delivery, took effect. */
  readonly rotatedIn: Partial<Record<Side, number>> = {};
  readonly deliveredIn: Partial<Record<Side, number>> = {};
  readonly committed: Side[] = [];
  /** The versions that it claimed for. */
  readonly claims: string[] = [];
  /** Its Rotate was refused. */
  refused = false;
  /** How many rotations each side had left, by our own books, when it read the ledger. */
  readonly affordable: Partial<Record<Side, number>> = {};
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
