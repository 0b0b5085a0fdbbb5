import type { Act, Snapshot, TunnelDetail } from '../contract';
import * as api from './api';
import { aboutTunnel, extend, newLane, type Lane, type Told } from './lanes';

/** Words and numbers change so often at most; the lanes are drawn with every frame. Milliseconds. */
const REFRESH = 200;
const LOOK = 1_000;
const LOOK_SOON = 300;

/** Where everything is that the page shows. What happened goes into the lanes at once; who listens is told a few times a second. */
export class Store {
  readonly lanes = new Map<string, Lane>();
  order: readonly Lane[] = [];
  snapshot: Snapshot | undefined;
  detail: TunnelDetail | undefined;
  selected: string | undefined;
  live = false;
  said = '';
  /** Counts whatever happens, for who draws. */
  changes = 0;
  private readonly listeners = new Set<() => void>();
  /** Until a tunnel's lane is there. */
  private readonly early: Told[] = [];
  private ahead = 0;
  private dirty = false;
  private look: number | undefined;

  begin(): void {
    api.watch((event) => this.happened(event), (live) => { this.live = live; this.touch(); });
    void this.refresh();
  }

  /** The cloud's clock. */
  now(): number {
    return Date.now() + this.ahead;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  select(tunnelId: string): void {
    if (this.selected === tunnelId) return;
    this.selected = tunnelId;
    this.detail = undefined;
    this.tell();
    void this.lookInside();
  }

  async press(act: Act, tunnelId?: string): Promise<void> {
    const said = await api.press(act, tunnelId);
    const name = tunnelId === undefined ? undefined : this.lanes.get(tunnelId)?.name;
    this.said = name === undefined ? said : `${name}: ${said}`;
    this.tell();
    this.lookSoon(0);
  }

  private happened(event: Told): void {
    const about = aboutTunnel(event, (step) => this.lanes.has(step));
    const lane = about && this.lanes.get(about.tunnelId);
    if (lane) extend(lane, about);
    else if (this.snapshot === undefined || about) this.early.push(event);
    if (this.early.length > 2_000) this.early.shift();
    this.touch();
    this.lookSoon(LOOK_SOON);
  }

  private async refresh(): Promise<void> {
    try {
      const before = Date.now();
      const snapshot = await api.snapshot();
      this.ahead = snapshot.now - (before + Date.now()) / 2;
      this.take(snapshot);
      await this.lookInside();
      this.live = true;
    } catch {
      this.live = false;
    }
    this.touch();
    this.lookSoon(LOOK);
  }

  private take(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    const gone = new Set(this.lanes.keys());
    const ids = new Set(snapshot.tunnels.map(({ tunnelId }) => tunnelId));
    const past = Map.groupBy(this.early.splice(0).flatMap((event) => aboutTunnel(event, (step) => ids.has(step)) ?? []), ({ tunnelId }) => tunnelId);
    for (const row of snapshot.tunnels) {
      gone.delete(row.tunnelId);
      const known = this.lanes.get(row.tunnelId);
      if (known) known.open = row.open;
      else this.lanes.set(row.tunnelId, newLane(row, snapshot.now, past.get(row.tunnelId) ?? []));
    }
    for (const tunnelId of gone) this.lanes.delete(tunnelId);
    if (this.order.length !== this.lanes.size || this.order.some(({ tunnelId }) => !this.lanes.has(tunnelId))) this.order = [...this.lanes.values()];
    this.selected ??= this.order[0]?.tunnelId;
  }

  private async lookInside(): Promise<void> {
    const { selected } = this;
    if (selected === undefined || !this.lanes.has(selected)) return;
    const detail = await api.detail(selected).catch(() => undefined);
    if (this.selected === selected) this.detail = detail;
    this.touch();
  }

  private due = Infinity;

  private lookSoon(delay: number): void {
    const due = performance.now() + delay;
    if (this.look !== undefined && this.due <= due) return;
    clearTimeout(this.look);
    this.due = due;
    this.look = setTimeout(() => { this.look = undefined; this.due = Infinity; void this.refresh(); }, delay);
  }

  /** Something is to be shown anew. */
  touch(): void {
    this.changes += 1;
    if (this.dirty) return;
    this.dirty = true;
    setTimeout(() => this.tell(), REFRESH);
  }

  private tell(): void {
    this.dirty = false;
    this.changes += 1;
    for (const listener of this.listeners) listener();
  }
}
