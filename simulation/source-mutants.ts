import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A bug where no port can be wrapped: it is written into a copy of the source, and a unit test must fail. */
export interface SourceMutant {
  readonly bug: string;
  readonly file: string;
  readonly replace: string;
  readonly by: string;
  /** The tests that are run. */
  readonly tests: string;
}

const LEDGER = 'lambda/adapters/dynamo-ledger.ts';
const RECOVERY = 'lambda/rotator/recovery.ts';

const DECIDE = 'lambda/domain/decide.ts';
const RECONCILE = 'lambda/domain/reconcile.ts';

const LEDGER_TESTS = 'test/lambda/adapters/ledger';
const LINE_TESTS = 'test/lambda/rotator/recovery';
const DELETED_TESTS = 'test/lambda/rotator/deleted-secret';
const BOTH_SIDES_TESTS = 'test/lambda/rotator/both-sides';

export const SOURCE_MUTANTS: readonly SourceMutant[] = [
  {
    bug: 'A read of the ledger is not consistent.', file: LEDGER, tests: LEDGER_TESTS,
    replace: '      ConsistentRead: true,\n    })));\n    return Object', by: '    })));\n    return Object',
  },
  {
    bug: 'A scan of all rows is not consistent.', file: LEDGER, tests: LEDGER_TESTS,
    replace: 'ConsistentRead: true, ProjectionExpression: \'tunnelId, side\' })', by: 'ProjectionExpression: \'tunnelId, side\' })',
  },
  {
    bug: 'A scan for the sweep is not consistent.', file: LEDGER, tests: LEDGER_TESTS,
    replace: 'ConsistentRead: true, ProjectionExpression: \'tunnelId, side\', Limit', by: 'ProjectionExpression: \'tunnelId, side\', Limit',
  },
  {
    bug: 'A scan reads one page only.', file: LEDGER, tests: LEDGER_TESTS,
    replace: 'if (page.done) return;', by: 'if (page.done || pages.read) return; pages.read = true;',
  },
  {
    bug: 'A proof of one side spares the other its second look.', file: RECOVERY, tests: BOTH_SIDES_TESTS,
    replace: 'isRotation && !decision.episode.proven ? look()', by: 'isRotation && !proven ? look()',
  },
  {
    bug: 'The courier ignores the thing that a request names.', file: RECOVERY, tests: BOTH_SIDES_TESTS,
    replace: '(destinationConfig?.thingName ?? thingName) === undefined', by: 'thingName === undefined',
  },
  {
    bug: 'A lost race is not looked at again.', file: RECOVERY, tests: LINE_TESTS,
    replace: 'reason: \'claimed\', recheckAfter: invocation.deadline + CLAIM_MARGIN - clock.now() }', by: 'reason: \'claimed\' }',
  },
  {
    bug: 'Retiring removes the row first and the secret last.', file: RECOVERY, tests: LINE_TESTS,
    replace: '  if (side === \'source\') await vault.destroy(tunnelId);\n  await claim.remove();',
    by: '  await claim.remove();\n  if (side === \'source\') await vault.destroy(tunnelId);',
  },
  {
    bug: 'The fence stands after a rotation that died.', file: RECONCILE, tests: LINE_TESTS,
    replace: 'return { ...row, fence: undefined };', by: 'return row;',
  },
  {
    bug: 'The row\'s own proof is believed where a dead owner\'s secret was deleted.', file: DECIDE, tests: DELETED_TESTS,
    replace: 'lastUpdatedAt !== undefined && lastUpdatedAt < former.since - ROUNDED_UP_BY', by: 'true',
  },
  {
    bug: 'Nobody\'s proof is believed where a dead owner\'s secret was deleted.', file: RECONCILE, tests: DELETED_TESTS,
    replace: 'return { proofHash, formerProofs: [', by: 'return { formerProofs: [',
  },
  {
    bug: 'What was deleted since was certainly not delivered.', file: RECONCILE, tests: DELETED_TESTS,
    replace: 'if (deposit.versions.length === 0) return', by: 'if (deposit.versions.length < 0) return',
  },
  {
    bug: 'A device in grace is looked at a limited number of times.', file: DECIDE, tests: 'test/lambda/domain/destinations',
    replace: 'side === \'destination\' || attempt < recheckPauses.length ? pause', by: 'attempt < recheckPauses.length ? pause',
  },
  {
    bug: 'A tag on the secret dates the delivery of a dead owner.', file: RECONCILE, tests: LINE_TESTS,
    replace: 'Math.min(deposit.changedAt ?? until, until)', by: '(deposit.changedAt ?? until)',
  },
  {
    bug: 'A delivery that is yet to come answers every hint.', file: DECIDE, tests: 'test/lambda/rotator/clocks',
    replace: 'history?.fence !== undefined && signal.since < history.fence - ROUNDED_UP_BY', by: 'signal.since < (history?.deliveredAt ?? 0)',
  },
  {
    bug: 'One more call stands between a proof and its token.', file: RECOVERY, tests: 'test/lambda/rotator/steps',
    replace: 'const sight = await observe(work);', by: 'await ports.ledger.read(signal.tunnelId); const sight = await observe(work);',
  },
];

/** What caught each of them last, by the bug's sentence: the first test that failed. */
export type SourceCatches = Readonly<Record<string, { readonly file: string; readonly test: string }>>;

export const SOURCE_CATCHES = join(__dirname, 'source-catches.json');
export const sourceCatches = (): SourceCatches => JSON.parse(readFileSync(SOURCE_CATCHES, 'utf8')) as SourceCatches;
