import type { Context } from './context';
import { OutOfTimeError } from '../domain/errors';
import type { ClaimTerms } from '../domain/ports';
import type { Claim, Outcome, Side } from '../domain/vocabulary';

/** How long after its owner's deadline a claim stands: time for requests that were in flight to land. */
export const CLAIM_MARGIN = 5_000;
/** Work that cannot be finished is not begun: claim to commit takes well under this. */
const LEAST_TIME = 5_000;

/** Takes the claim on one side, if its row is still what the decision saw. Undefined: somebody else was faster. */
export async function takeClaim(side: Side, context: Context, terms: ClaimTerms): Promise<Claim | undefined> {
  const { signal: { tunnelId }, histories, invocation, ports: { ledger, clock } } = context;
  if (invocation.deadline - clock.now() < LEAST_TIME) throw new OutOfTimeError('claim');
  const claim = { versionId: invocation.newVersionId(), until: invocation.deadline + CLAIM_MARGIN };
  return await ledger.claim(tunnelId, side, histories[side], claim, terms) ? claim : undefined;
}

export function claimedByAnother(side: Side, { invocation, ports: { clock } }: Context): Outcome {
  return { kind: 'held', side, reason: 'claimed', recheckAfter: invocation.deadline + CLAIM_MARGIN - clock.now() };
}
