import type { QueueRow, TunnelDetail } from '../contract';
import type { Store } from './store';
import { valueOf } from './words';

/** What lies in the cloud for the tunnel: the ledger's row and its secret, and the queue beside them. */
export function Holdings({ store }: { readonly store: Store }) {
  const { selected, detail, snapshot } = store;
  const lane = selected === undefined ? undefined : store.lanes.get(selected);
  return (
    <section class="holdings" aria-label="What lies in the cloud">
      <div class="card ledger">
        <h2>{lane ? `The ledger's row of ${lane.name}` : 'Ledger'}</h2>
        {detail ? <Ledger detail={detail} now={store.now()} /> : <p class="empty">…</p>}
        <p class="secret">Secret: {detail?.secret ? <><code>{detail.secret.name}</code>, {versions(detail.secret.versions)}</> : 'none yet'}</p>
      </div>
      {mainQueues(snapshot?.queues ?? []).map((queue) => <Queue key={queue.name} queue={queue} />)}
    </section>
  );
}

const versions = (count: number) => `${count} version${count === 1 ? '' : 's'}`;

/** Keys that every row has, and that say nothing of the tunnel. */
const PLUMBING = ['tunnelId', 'schemaVersion', 'expiresAt', 'proofHash'];

function Ledger({ detail: { ledger }, now }: { readonly detail: TunnelDetail; readonly now: number }) {
  if (ledger.length === 0) return <p class="empty">None: nothing was ever rotated for it.</p>;
  const names = [...new Set(ledger.flatMap(({ item }) => Object.keys(item)))].filter((name) => !PLUMBING.includes(name));
  return (
    <table>
      <thead><tr>{names.map((name) => <th scope="col" key={name}>{name}</th>)}</tr></thead>
      <tbody>
        {ledger.map(({ table, item }) => (
          <tr key={`${table} ${String(item.side)}`}>{names.map((name) => <td key={name}>{item[name] === undefined ? '–' : valueOf(item[name], now)}</td>)}</tr>
        ))}
      </tbody>
    </table>
  );
}

function Queue({ queue: { name, visible, delayed, inFlight } }: { readonly queue: QueueRow }) {
  const dead = isDead(name);
  const waiting = visible + delayed + inFlight;
  return (
    <div class="card queue" data-queue={dead ? 'dead-letters' : 'signals'} title={name}>
      <h2>{dead ? 'Dead letters' : 'Queue'}</h2>
      <p class={dead && waiting > 0 ? 'value bad' : 'value'}>{dead ? waiting : visible}</p>
      <p class="note">{dead ? 'given up' : `waiting; ${inFlight} in flight, ${delayed} delayed`}</p>
    </div>
  );
}

const isDead = (name: string) => /dead/i.test(name);

/** A stack's own two, mostly; whoever has more sees the busiest. */
function mainQueues(queues: readonly QueueRow[]): readonly QueueRow[] {
  const weigh = ({ visible, delayed, inFlight }: QueueRow) => visible + delayed + inFlight;
  const [living, dead] = [false, true].map((is) => queues.filter(({ name }) => isDead(name) === is).sort((a, b) => weigh(b) - weigh(a))[0]);
  return [living, dead].filter((queue) => queue !== undefined);
}
