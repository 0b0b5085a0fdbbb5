import type { Drop } from './source';
import type { Toll } from './storm';
import { WAYS } from './plan';

/** The storm is survived: everybody is back, and nothing got out. */
export const survived = ({ drops, leaks, denied, troubles }: Toll): boolean =>
  drops.every(({ backAt }) => backAt !== undefined) && leaks.length === 0 && denied.length === 0 && troubles.length === 0;

/** What to tell of it, as text. */
export function reportOf(toll: Toll): string {
  const { props, drops, rotations, kicks, kills, deadLetters, failures, leaks, secrets, denied, troubles, lag } = toll;
  const recovered = drops.filter(({ backAt }) => backAt !== undefined);
  const extra = rotations - drops.length;
  return [
    `seed ${props.seed}, ${props.tunnels} tunnels, ${props.duration / 1000} s of storm, ${kills} functions killed`,
    `recovered ${recovered.length} of ${drops.length} drops: ${timesOf(recovered)}`,
    ...WAYS.map((way) => `  by ${way}: ${timesOf(recovered.filter((drop) => drop.way === way))}`),
    `${rotations} rotations, ${extra} more than drops (${(100 * extra / Math.max(1, drops.length)).toFixed(0)} %); ${kicks} live connections were hit`,
    `${deadLetters.length} dead letters`,
    ...grouped(deadLetters.map(({ about, befell }) => `${about}: ${befell.join(', ') || 'never handed out'}`)),
    'failures:',
    ...[...failures].sort(([, a], [, b]) => b - a).map(([words, count]) => `  ${count} x ${words}`),
    `the cloud itself came late by ${lag.p99.toFixed(0)} ms (99th percentile), ${lag.longest.toFixed(0)} ms at most`,
    `${leaks.length} leaks of ${secrets} secrets in output, logs, queues, tables, events, processes`,
    ...[...leaks, ...denied.map((call) => `denied: ${call}`), ...troubles].map((words) => `  ${words}`),
    survived(toll) ? 'survived' : 'FAILED',
  ].join('\n');
}

function timesOf(drops: readonly Drop[]): string {
  if (drops.length === 0) return 'none';
  const seconds = drops.map(({ at, backAt = NaN }) => (backAt - at) / 1000).sort((a, b) => a - b);
  const quantile = (share: number) => seconds[Math.min(seconds.length - 1, Math.floor(seconds.length * share))].toFixed(1);
  return `${drops.length}, median ${quantile(0.5)} s, 99th percentile ${quantile(0.99)} s, longest ${quantile(1)} s`;
}

function grouped(lines: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([line, count]) => `  ${count} x ${line}`);
}
