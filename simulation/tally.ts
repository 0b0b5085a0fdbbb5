/** What is counted over all worlds of a run. */
export class Tally {
  worlds = 0;
  tunnels = 0;
  drops = 0;
  steps = 0;
  sweeps = 0;
  signals = 0;
  deadLetters = 0;
  /** Calls of Rotate that took effect, and versions that came into a secret. */
  rotations = 0;
  deliveries = 0;
  /** Hints of those who make noise, and calls that were made for the tunnel meanwhile. */
  readonly noise = { hints: 0, calls: 0 };
  /** What people and the service did: `a client healed itself`, `a stale answer`, ... */
  readonly events = new Map<string, number>();
  /** Drops within the tolerance after the opening that nobody could prove: known, and accepted. */
  acceptedAsUnused = 0;
  readonly faults = new Map<string, number>();
  /** The same for each call apart: `throttled, at rotate`. */
  readonly faultsAt = new Map<string, number>();
  readonly dropsByKind = new Map<string, number>();
  /** Outcomes of `recover`: `rotated`, `held: connected`, `retired: tunnel-closed`, `failed: TimeoutError`, ... */
  readonly outcomes = new Map<string, number>();
  /** Virtual milliseconds from a drop, and from the source's first signal, to a live token in the secret, by how it was noticed. */
  readonly recoveries = new Map<string, { readonly fromDrop: number[]; readonly fromSignal: number[] }>();

  count(counts: Map<string, number>, what: string): void {
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }

  /** @param fromSignal not a number if there was none */
  recovered(how: string, fromDrop: number, fromSignal: number): void {
    let times = this.recoveries.get(how);
    if (!times) this.recoveries.set(how, times = { fromDrop: [], fromSignal: [] });
    times.fromDrop.push(fromDrop);
    if (!Number.isNaN(fromSignal)) times.fromSignal.push(fromSignal);
  }
}
