/** What one check found. */
export interface Finding {
  readonly what: string;
  /** Undefined: nothing was tried. */
  readonly ok: boolean | undefined;
  readonly told: string;
  /** What to do about it. */
  readonly mend: readonly string[];
}

export const found = (what: string, told: string): Finding => ({ what, ok: true, told, mend: [] });
export const nothingToTry = (what: string, told: string): Finding => ({ what, ok: undefined, told, mend: [] });
export const trouble = (what: string, told: string, ...mend: readonly string[]): Finding => ({ what, ok: false, told, mend });

const WIDEST = 30;

/** For a person: a line for each check, and under a trouble what mends it. */
export function inWords({ what, ok, told, mend }: Finding): string {
  const mark = ok === undefined ? '-' : ok ? 'ok' : '!!';
  return [`${mark.padEnd(3)}${what.padEnd(WIDEST)} ${told}`, ...mend.map((line) => `     ${line}`)].map((line) => `${line}\n`).join('');
}
