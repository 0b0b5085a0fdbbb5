import { readdirSync, readFileSync } from 'node:fs';

/** Processes of this machine with this text in their environment; zombies are none. Linux only. */
export function processesWith(variable: string): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(variable) && !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
    } catch {
      return false; // gone, or not ours
    }
  });
}

export const commandLine = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'latin1');
