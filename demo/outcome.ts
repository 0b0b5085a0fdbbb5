/** What became of the drops, and what else went wrong. */
export interface Outcome {
  readonly recovered: number;
  readonly drops: number;
  /** In words, each. */
  readonly troubles: readonly string[];
}

/** The demo's last line and its exit code, which say the same. */
export function conclude({ recovered, drops, troubles }: Outcome): { readonly line: string; readonly exitCode: 0 | 1 } {
  const line = `recovered ${recovered} of ${drops} drops`;
  if (recovered === drops && troubles.length === 0) return { line, exitCode: 0 };
  return { line: `failed: ${[...troubles, line].join('; ')}`, exitCode: 1 };
}
