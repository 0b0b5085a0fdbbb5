import { useEffect, useRef } from 'preact/hooks';
import { coloursOf, draw, momentOf, ROW, type View } from './canvas';
import { episodesOf, isUp, type Lane } from './lanes';
import type { Store } from './store';
import { SHORTCUTS, type Press } from './toolbar';

interface LaneListProps {
  readonly store: Store;
  readonly span: number;
  readonly chosenAt: number | undefined;
  readonly select: (tunnelId: string, at?: number) => void;
  readonly press: Press;
}

/**
 * A list box of names, which is what a keyboard and a screen reader meet, over one canvas that draws what is in sight.
 * https://www.w3.org/WAI/ARIA/apg/patterns/listbox/
 */
export function LaneList({ store, span, chosenAt, select, press }: LaneListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const seen = useRef({ span, chosenAt });
  seen.current = { span, chosenAt };
  useEffect(() => animate(store, scroller.current!, canvas.current!, () => seen.current), [store]);

  const { order, selected } = store;
  const move = (to: number) => {
    const lane = order[Math.max(0, Math.min(order.length - 1, to))];
    if (!lane) return;
    select(lane.tunnelId);
    scroller.current?.querySelector<HTMLElement>(`#lane-${CSS.escape(lane.tunnelId)}`)?.scrollIntoView({ block: 'nearest' });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const here = order.findIndex(({ tunnelId }) => tunnelId === selected);
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW) - 1);
    const target = { ArrowDown: here + 1, ArrowUp: here - 1, PageDown: here + page, PageUp: here - page, Home: 0, End: order.length - 1 }[event.key];
    const act = SHORTCUTS[event.key.toLowerCase()];
    if (target !== undefined) move(target);
    else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') step(event.key === 'ArrowLeft' ? 1 : -1);
    else if (act) press(act, ['hundred', 'kill', 'throttle'].includes(act) ? undefined : selected);
    else return;
    event.preventDefault();
  };
  /** To the drop before, or after. */
  const step = (by: number) => {
    const lane = selected === undefined ? undefined : store.lanes.get(selected);
    if (!lane) return;
    const drops = episodesOf(lane);
    const here = drops.findIndex(({ at }) => at === chosenAt);
    select(lane.tunnelId, drops[Math.max(0, Math.min(drops.length - 1, here + by))]?.at);
  };
  const onClick = (event: MouseEvent) => {
    const box = canvas.current!.getBoundingClientRect();
    const lane = order[Math.floor((event.clientY - scroller.current!.getBoundingClientRect().top + scroller.current!.scrollTop) / ROW)];
    if (!lane) return;
    const at = momentOf(event.clientX - box.left, { now: store.now(), span, width: box.width });
    const nearest = event.clientX < box.left ? undefined : episodesOf(lane).sort((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at))[0];
    select(lane.tunnelId, nearest?.at);
  };
  return (
    <section class="lanes" aria-label="Tunnels" style={{ '--lanes': order.length }}>
      <div class="scroller" ref={scroller}>
        <canvas ref={canvas} aria-hidden="true" />
        <div
          class="names" role="listbox" tabIndex={0} aria-label="Tunnels; arrow keys move, left and right go through drops"
          onKeyDown={onKeyDown} onClick={onClick} aria-activedescendant={selected === undefined ? undefined : `lane-${selected}`}
        >
          {order.map((lane) => <Name key={lane.tunnelId} lane={lane} state={stateOf(lane)} selected={lane.tunnelId === selected} />)}
        </div>
      </div>
      {order.length === 0 && <p class="empty">No tunnel yet. Open one, and it gets its lane here.</p>}
    </section>
  );
}

function stateOf(lane: Lane): string {
  if (!lane.open) return 'closed';
  if (isUp(lane)) return 'connected';
  const last = lane.spans.at(-1);
  return last === undefined ? 'not used yet' : last.kind === 'silent' ? 'silent' : 'dropped';
}

function Name({ lane: { tunnelId, name }, state, selected }: { readonly lane: Lane; readonly state: string; readonly selected: boolean }) {
  return (
    <div id={`lane-${tunnelId}`} role="option" aria-selected={selected} class="name" data-state={state} title={tunnelId}>
      <span class="dot" aria-hidden="true" />{name}<span class="hidden">, {state}</span>
    </div>
  );
}

/** Draws with every frame, but once a second for who wants no motion; and nothing while nobody can see it. */
function animate(store: Store, scroller: HTMLElement, canvas: HTMLCanvasElement, seen: () => Pick<View, 'span' | 'chosenAt'>): () => void {
  const context = canvas.getContext('2d')!;
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  let colours = coloursOf(document.documentElement);
  const recolour = () => { colours = coloursOf(document.documentElement); store.touch(); };
  dark.addEventListener('change', recolour);
  let [width, height] = [0, 0];
  const resize = () => {
    const names = 150;
    [width, height] = [Math.max(50, scroller.clientWidth - names), scroller.clientHeight];
    const ratio = devicePixelRatio;
    [canvas.width, canvas.height] = [width * ratio, height * ratio];
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    store.touch();
  };
  const observer = new ResizeObserver(resize);
  observer.observe(scroller);
  resize();
  let frame = 0;
  let painted = { at: 0, scrollTop: -1, changes: -1 };
  /** Only if something moved by the better part of a pixel, or happened. */
  const isStale = () => store.changes !== painted.changes || scroller.scrollTop !== painted.scrollTop
    || Math.abs(store.now() - painted.at) * width > 0.7 * seen().span;
  const paint = () => {
    painted = { at: store.now(), scrollTop: scroller.scrollTop, changes: store.changes };
    draw(context, store.order, { width, height, scrollTop: scroller.scrollTop, now: store.now(), selected: store.selected, ...seen() }, colours);
  };
  const loop = () => {
    if (!still.matches && isStale()) paint();
    frame = requestAnimationFrame(loop);
  };
  loop();
  const slow = setInterval(() => { if (still.matches) paint(); }, 1_000);
  return () => {
    cancelAnimationFrame(frame);
    clearInterval(slow);
    observer.disconnect();
    dark.removeEventListener('change', recolour);
  };
}
