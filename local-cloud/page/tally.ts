import type { FeedEvent } from '../admin/feed-event';
import type { Numbers, Spread } from './contract';

/** So many of the latest recoveries count. */
const KEPT = 2_000;

type At<T> = T & { readonly at: number };

/** Counts drops of sources and what became of them, from what the feed tells. */
export class Tally {
  private drops = 0;
  private recovered = 0;
  private rotations = 0;
  private readonly under = new Map<string, { readonly at: number; delivered: boolean }>();
  private readonly toVault: number[] = [];
  private readonly toConnection: number[] = [];

  /** @param isOpen of a tunnel: the end of one that was closed is no drop */
  constructor(private readonly isOpen: (tunnelId: string) => boolean) {}

  readonly add = (event: At<FeedEvent>): void => {
    switch (event.type) {
      case 'cut': case 'silenced': return this.dropped(event.tunnelId, event.at);
      case 'dropped': return event.side === 'source' ? this.dropped(event.tunnelId, event.at) : undefined;
      case 'rotated': return void (this.rotations += 1);
      case 'delivered': return this.delivered(event.secret, event.at);
      case 'connected': return event.side === 'source' ? this.connected(event.tunnelId, event.at) : undefined;
      default: return undefined;
    }
  };

  get numbers(): Omit<Numbers, 'disturbed'> {
    const { drops, recovered, rotations } = this;
    return { drops, recovered, rotations, toVault: spread(this.toVault), toConnection: spread(this.toConnection) };
  }

  /** What is shown of a drop that was seen already, as the end of a silenced connection, is no other drop. */
  private dropped(tunnelId: string, at: number): void {
    if (this.under.has(tunnelId) || !this.isOpen(tunnelId)) return;
    this.drops += 1;
    this.under.set(tunnelId, { at, delivered: false });
  }

  private delivered(secret: string, at: number): void {
    const drop = secret.split('/').map((step) => this.under.get(step)).find((found) => found !== undefined);
    if (!drop || drop.delivered) return;
    drop.delivered = true;
    keep(this.toVault, at - drop.at);
  }

  private connected(tunnelId: string, at: number): void {
    const drop = this.under.get(tunnelId);
    if (!drop) return;
    this.under.delete(tunnelId);
    this.recovered += 1;
    keep(this.toConnection, at - drop.at);
  }
}

function keep(samples: number[], sample: number): void {
  samples.push(sample);
  if (samples.length > KEPT) samples.shift();
}

/** By nearest rank: each is one that was measured. */
function spread(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return { median: rank(0.5), p99: rank(0.99) };
}
