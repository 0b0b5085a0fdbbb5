import type { FeedEvent } from '../../admin/feed-event';
import type { TunnelRow } from '../contract';

/** What the feed told, and when by the cloud's clock. */
export type Told = FeedEvent & { readonly at: number };
export type ToldOfTunnel = Told & { readonly tunnelId: string };

/** How a source was over a stretch of time. `silent`: its connection is gone, and the service has not noticed. */
export interface Span {
  readonly from: number;
  to?: number;
  readonly kind: 'up' | 'down' | 'silent';
}

/** One tunnel over time. */
export interface Lane {
  readonly tunnelId: string;
  readonly name: string;
  open: boolean;
  readonly spans: Span[];
  /** Of its source, oldest first. */
  readonly told: ToldOfTunnel[];
}

/** A drop and all that was told from there to the next one; `back`: milliseconds to the next connection. */
export interface Episode {
  readonly at: number;
  readonly back?: number;
  /** Milliseconds to the delivery. */
  readonly vault?: number;
  readonly told: readonly ToldOfTunnel[];
}

/** A lane keeps so much of its past. */
const MOST_TOLD = 300;
const MOST_SPANS = 200;

/** @param told what is known of its past: the newest part, maybe */
export function newLane({ tunnelId, thingName, open, used, since }: TunnelRow, now: number, told: readonly ToldOfTunnel[]): Lane {
  const lane: Lane = { tunnelId, name: thingName ?? tunnelId.slice(0, 8), open, spans: [], told: [] };
  for (const event of told) extend(lane, event);
  const [first] = lane.spans;
  if (first && first.kind !== 'up') lane.spans.unshift({ from: 0, to: first.from, kind: 'up' }); // what drops was connected
  if (used && (lane.spans.length === 0 || isUp(lane) !== (since !== undefined))) begin(lane, since === undefined ? 'down' : 'up', since ?? now);
  return lane;
}

/** The tunnel that an event is about, with the event; undefined: about none, or about the destination's side. */
export function aboutTunnel(event: Told, isTunnel: (step: string) => boolean): ToldOfTunnel | undefined {
  if ('side' in event && event.side === 'destination') return undefined;
  if ('tunnelId' in event && event.tunnelId !== undefined) return event as ToldOfTunnel;
  const tunnelId = event.type === 'delivered' ? event.secret.split('/').find(isTunnel) : undefined;
  return tunnelId === undefined ? undefined : { ...event, tunnelId };
}

/** Takes what happened into the lane. */
export function extend(lane: Lane, event: ToldOfTunnel): void {
  lane.told.push(event);
  if (lane.told.length > MOST_TOLD) lane.told.shift();
  const kind = kindAfter(event);
  const last = lane.spans.at(-1);
  if (kind === undefined || last?.kind === kind || (kind === 'down' && last?.kind === 'silent')) return;
  begin(lane, kind, event.at);
}

function begin({ spans }: Lane, kind: Span['kind'], from: number): void {
  const last = spans.at(-1);
  if (last) last.to ??= from;
  spans.push({ from, kind });
  if (spans.length > MOST_SPANS) spans.shift();
}

function kindAfter({ type }: Told): Span['kind'] | undefined {
  if (type === 'connected') return 'up';
  if (type === 'silenced') return 'silent';
  return type === 'dropped' || type === 'cut' ? 'down' : undefined;
}

export const isUp = ({ spans }: Lane): boolean => spans.at(-1)?.kind === 'up';

const isDrop = ({ type }: Told) => type === 'dropped' || type === 'cut' || type === 'silenced';

/** The latest one first. What was told before the first drop is an episode without one. */
export function episodesOf({ told }: Lane): Episode[] {
  const episodes: { at: number; back?: number; vault?: number; told: ToldOfTunnel[] }[] = [];
  for (const event of told) {
    const current = episodes.at(-1);
    if (!current || (isDrop(event) && (current.back !== undefined || !isDrop(current.told[0])))) {
      episodes.push({ at: event.at, told: [event] });
      continue;
    }
    current.told.push(event);
    const dropped = isDrop(current.told[0]);
    if (event.type === 'delivered' && dropped) current.vault ??= event.at - current.at;
    if (event.type === 'connected') current.back ??= event.at - current.at;
  }
  return episodes.reverse();
}
