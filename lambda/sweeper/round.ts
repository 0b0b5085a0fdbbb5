/**
 * A round looks at every open tunnel, page by page, and then at every ledger row whose tunnel was not among them. One that is larger than a
 * sweep's time is carried over: the next sweep goes on where the bookmark lies.
 */
export interface Bookmark {
  readonly stage: 'tunnels' | 'rows';
  /** Where AWS goes on listing; absent at the beginning of a stage. */
  readonly page?: string;
  /** How many pages of this stage are done, should AWS no longer know `page`. */
  readonly pages: number;
  /** Who on the page under way was looked at already. */
  readonly looked: readonly string[];
  /** How many looks the round has had. */
  readonly looks: number;
  /** Begin of each sweep of this round, and of the round before. */
  readonly marks: readonly Mark[];
  readonly former: readonly Mark[];
}

/** After so many looks of the round a sweep began, at this time. */
export type Mark = readonly [looks: number, at: number];

export const FIRST_ROUND: Bookmark = { stage: 'tunnels', pages: 0, looked: [], looks: 0, marks: [], former: [] };

export function sweepBegins(bookmark: Bookmark, now: number): Bookmark {
  return { ...bookmark, marks: [...bookmark.marks, [bookmark.looks, now]] };
}

export function afterLook(bookmark: Bookmark, tunnelId: string): Bookmark {
  return { ...bookmark, looks: bookmark.looks + 1, looked: [...bookmark.looked, tunnelId] };
}

/** Undefined: that was the round's last page. */
export function afterPage({ stage, pages, ...rest }: Bookmark, next: string | undefined): Bookmark | undefined {
  if (next !== undefined) return { ...rest, stage, page: next, pages: pages + 1, looked: [] };
  return stage === 'tunnels' ? { ...rest, stage: 'rows', page: undefined, pages: 0, looked: [] } : undefined;
}

export function nextRound({ marks }: Bookmark): Bookmark {
  return { ...FIRST_ROUND, former: marks };
}

/**
 * When the tunnel whose turn is next was looked at last, or a little before. In the first round ever nobody knows: its begin has to do.
 */
export function oldestLook({ looks, marks, former }: Bookmark, now: number): number {
  const [, at] = former.filter(([count]) => count <= looks).at(-1) ?? marks[0] ?? [0, now];
  return at;
}
