import type { ComponentChildren } from 'preact';
import type { Snapshot, Spread } from '../contract';
import { duration } from './words';

/** The numbers that matter. */
export function Tiles({ snapshot }: { readonly snapshot: Snapshot | undefined }) {
  if (!snapshot) return <section class="tiles" aria-label="Numbers" />;
  const { drops, recovered, rotations, disturbed, toVault, toConnection } = snapshot.numbers;
  return (
    <section class="tiles" aria-label="Numbers">
      <Tile name="drop to connected again" id="back" {...spreadOf(toConnection)} />
      <Tile name="drop to token in the vault" id="vault" {...spreadOf(toVault)} />
      <Tile name="rotations for drops" id="rotations" value={<>{rotations} <small>for</small> {drops}</>} note={standOf(drops, recovered)} />
      <Tile
        name="healthy connections disturbed" id="disturbed" value={disturbed}
        tone={disturbed === 0 ? 'good' : 'bad'} note={disturbed === 0 ? 'as promised' : 'a rotation ended them'}
      />
    </section>
  );
}

const spreadOf = ({ median, p99 }: Spread) => ({
  value: median === undefined ? '–' : duration(median), note: p99 === undefined ? 'no drop yet' : `median; p99 ${duration(p99)}`,
});

function standOf(drops: number, recovered: number): string {
  if (drops === 0) return 'cut one, and see';
  return drops === recovered ? 'all are back' : `${drops - recovered} not back yet`;
}

interface TileProps {
  readonly id: string;
  readonly name: string;
  readonly value: ComponentChildren;
  readonly note: string;
  readonly tone?: 'good' | 'bad';
}

function Tile({ id, name, value, note, tone }: TileProps) {
  return (
    <div class="card tile" data-tile={id}>
      <h2>{name}</h2>
      <p class={`value ${tone ?? ''}`}>{value}</p>
      <p class="note">{note}</p>
    </div>
  );
}
