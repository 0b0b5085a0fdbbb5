import type { SideName } from '../tunneling/vocabulary';

/** What happened, for whoever watches: names and counts, never a token. */
export type FeedEvent =
  /** A side of a tunnel shows another state. */
  | { readonly type: 'connected' | 'dropped'; readonly tunnelId: string; readonly side: SideName }
  /** A message was put into a queue; the tunnel that it speaks of, if it is about one. */
  | { readonly type: 'signalled'; readonly queue: string; readonly by: string; readonly tunnelId?: string }
  | { readonly type: 'rotated'; readonly tunnelId: string; readonly by: string }
  /** A version of a secret was made. */
  | { readonly type: 'delivered'; readonly secret: string; readonly by: string }
  | { readonly type: 'invoked'; readonly functionName: string; readonly duration: number; readonly error?: string }
  /** What a function's log says of a tunnel. */
  | { readonly type: 'decided'; readonly functionName: string; readonly message: string; readonly tunnelId: string } & Partial<Saying>
  /** Somebody at the page cut a source, with a reset or silently, or took the tunnel's secret away, or had a function killed over it. */
  | { readonly type: 'cut' | 'silenced'; readonly tunnelId: string }
  | { readonly type: 'taken'; readonly tunnelId: string; readonly secret: string }
  | { readonly type: 'killed'; readonly tunnelId: string; readonly functionName: string };

/** Of a log line that speaks of a tunnel, what is told beside its message. */
export interface Saying {
  readonly reason: string;
  readonly side: string;
  readonly via: string;
  readonly withProof: boolean;
  /** Milliseconds until it looks again. */
  readonly recheckAfter: number;
  readonly generation: number;
  /** Milliseconds from the drop to the delivery. */
  readonly recoveryTime: number;
  readonly code: string;
}
