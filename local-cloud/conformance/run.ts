import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Row, Scene } from './row';
import { CONFORMANCE } from './rows';

/** How the service was found to do. Answers are told without ids, tokens and account. */
export type Verdict = { readonly id: string; readonly rule: string } & (
  | { readonly same: true }
  | { readonly same: false; readonly expected: string; readonly answer: string }
);

export interface ConformanceProps {
  /** The service, for one row. @param mayReuse the row does with a tunnel that others used, if its tokens are fresh */
  sceneFor(mayReuse: boolean): Scene;
  /** Everything that must not be told. */
  secrets(): readonly string[];
  /** Called with each verdict as soon as it is there. */
  heard(verdict: Verdict): void;
  readonly interrupted: AbortSignal;
}

/** Rows of these chapters are about connections, not about the tunnel's own life. */
const ABOUT_CONNECTIONS = ['Handshake of the data plane', 'Messages of the data plane', 'Streams through the tunnel'];
const PATIENCE = 60_000;

/** Checks every row that can be checked wherever the service is. */
export async function checkConformance({ sceneFor, secrets, heard, interrupted }: ConformanceProps): Promise<void> {
  for (const [chapter, rows] of Object.entries(CONFORMANCE)) {
    for (const row of rows) {
      if (!('check' in row) || interrupted.aborted) continue;
      const { id, rule } = row;
      const failure = await check(row, sceneFor(ABOUT_CONNECTIONS.includes(chapter)), interrupted);
      if (interrupted.aborted) return;
      heard(failure ? { id, rule, same: false, ...told(failure.error, secrets()) } : { id, rule, same: true });
    }
  }
}

async function check(row: Row, scene: Scene, interrupted: AbortSignal): Promise<{ readonly error: unknown } | undefined> {
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, interrupted]);
  const late = sleep(PATIENCE, undefined, { signal }).then(() => { throw new Error(`nothing more came within ${PATIENCE / 1_000} s`); });
  try {
    await Promise.race([row.check(scene), late]);
    return undefined;
  } catch (error) {
    return { error };
  } finally {
    done.abort();
    late.catch(() => undefined);
  }
}

/** What the rule wanted and what came, as the matcher saw it; of any other failure, its words. */
function told(error: unknown, secrets: readonly string[]): { expected: string; answer: string } {
  const { matcherResult, name, message } = error as Error & { matcherResult?: { expected?: unknown; actual?: unknown } };
  const hidden = (text: string) => secrets.reduce((so, secret) => so.replaceAll(secret, '...'), text).replace(/\b\d{12}\b/g, '123456789012');
  const words = (value: unknown) => hidden(inspect(value, { depth: 5, breakLength: Infinity })).slice(0, 1_000);
  if (matcherResult) return { expected: words(matcherResult.expected), answer: words(matcherResult.actual) };
  return { expected: 'that it goes through', answer: hidden(`${name}: ${message}`) };
}
