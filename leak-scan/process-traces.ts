import { readdirSync, readFileSync } from 'node:fs';
import type { Trace } from '../local-cloud/leaks';

/** This process and all that it started, and what those started. Empty where there is no /proc. */
export function familyOf(ancestor: number): number[] {
  const parents = new Map(processes().map((pid) => [pid, parentOf(pid)]));
  const isFamily = (pid: number | undefined): boolean => pid === ancestor || (pid !== undefined && pid > 1 && isFamily(parents.get(pid)));
  return [...parents.keys()].filter(isFamily);
}

/** What a listing of processes shows of one: its arguments and its environment, variable by variable. */
export function traceProcess(pid: number): Trace[] {
  const variables = read(pid, 'environ').split('\0').map((entry): Trace => ({ place: `environment of process ${pid}: ${entry.split('=')[0]}`, text: entry }));
  return [{ place: `arguments of process ${pid}`, text: read(pid, 'cmdline').replaceAll('\0', ' ') }, ...variables];
}

function processes(): number[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return [];
  }
}

/** The second field after the name, which may itself hold brackets and blanks. */
const parentOf = (pid: number): number | undefined => Number(/^.*\) \S (\d+)/s.exec(read(pid, 'stat'))?.[1]) || undefined;

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // it is gone, or not ours to read
  }
}
