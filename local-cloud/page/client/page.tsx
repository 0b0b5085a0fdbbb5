import { useEffect, useReducer, useState } from 'preact/hooks';
import type { Act } from '../contract';
import { Detail } from './detail';
import { LaneList } from './lane-list';
import { Holdings } from './ledger';
import type { Store } from './store';
import { Tiles } from './tiles';
import { Toolbar } from './toolbar';

const SPANS = [[10_000, '10 s'], [30_000, '30 s'], [120_000, '2 min'], [600_000, '10 min']] as const;

export function Page({ store }: { readonly store: Store }) {
  const [, refresh] = useReducer((count: number) => count + 1, 0);
  const [span, setSpan] = useState<number>(30_000);
  const [chosenAt, choose] = useState<number>();
  useEffect(() => store.onChange(() => refresh(undefined)), [store]);

  const { snapshot, live, said } = store;
  const press = (act: Act, tunnelId?: string) => void store.press(act, tunnelId);
  const select = (tunnelId: string, at?: number) => {
    choose(at);
    store.select(tunnelId);
  };
  return (
    <div class="page">
      <header>
        <h1>Local cloud</h1>
        <p class={live ? 'live' : 'live off'}>{live ? 'live' : 'no connection'}</p>
        <Toolbar snapshot={snapshot} press={press} />
        <div class="spans" role="group" aria-label="Time shown">
          {SPANS.map(([value, name]) => <button type="button" key={value} aria-pressed={span === value} onClick={() => setSpan(value)}>{name}</button>)}
        </div>
      </header>
      <Tiles snapshot={snapshot} />
      <main>
        <div class="left">
          <LaneList store={store} span={span} chosenAt={chosenAt} select={select} press={press} />
          <Holdings store={store} />
        </div>
        <Detail store={store} chosenAt={chosenAt} choose={choose} press={press} />
      </main>
      <footer>
        <p class="said" role="status" aria-live="polite">{said}</p>
        <Legend />
      </footer>
    </div>
  );
}

function Legend() {
  return (
    <ul class="legend" aria-label="What the signs mean">
      <li><i class="up" />connected</li>
      <li><i class="down" />dropped</li>
      <li><i class="silent" />silent: the service doesn't know</li>
      <li><i class="signalled" />signalled</li>
      <li><i class="rotated" />rotated</li>
      <li><i class="delivered" />delivered</li>
      <li><i class="held" />held</li>
    </ul>
  );
}
