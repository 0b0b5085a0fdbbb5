import type { Refusal } from './refusals';
import type { AccessToken } from './tokens';
import type { SideName } from './vocabulary';

/** What happened to one side of a tunnel. Counts, never tokens. */
export interface SideRecord {
  connects: number;
  rotations: number;
  /** Times that a rotation ended a connection that was alive. */
  kicks: number;
  /** Upgrades refused, by reason. */
  refusals: Partial<Record<Refusal, number>>;
}

/** Counts for tests, by tunnel. Kept after the tunnel is gone. */
export class Records {
  private readonly byTunnel = new Map<string, Record<SideName, SideRecord>>();
  /** Refusals of requests whose token led to no tunnel. */
  readonly strangers: Partial<Record<Refusal, number>> = {};

  of(tunnelId: string): Record<SideName, SideRecord> {
    const known = this.byTunnel.get(tunnelId) ?? { source: blank(), destination: blank() };
    this.byTunnel.set(tunnelId, known);
    return known;
  }

  connected({ tunnelId, side }: AccessToken): void {
    this.of(tunnelId)[side].connects += 1;
  }

  rotated(tunnelId: string, side: SideName, kicked: boolean): void {
    const record = this.of(tunnelId)[side];
    record.rotations += 1;
    if (kicked) record.kicks += 1;
  }

  refused(refusal: Refusal, token?: AccessToken): void {
    const counts = token ? this.of(token.tunnelId)[token.side].refusals : this.strangers;
    counts[refusal] = (counts[refusal] ?? 0) + 1;
  }
}

const blank = (): SideRecord => ({ connects: 0, rotations: 0, kicks: 0, refusals: {} });
