import { hashOf } from '../proof';
import { OutOfTimeError } from '../domain/errors';
import type { Budget, Side } from '../domain/vocabulary';
import type { Sight, SideClaim, Work } from './context';

/** How long after its owner's deadline a claim stands: time for requests that were in flight to land. */
export const CLAIM_MARGIN = 5_000;
/** Work that cannot be finished is not begun: claim to commit takes well under this. */
const LEAST_TIME = 5_000;

/** Takes the claim on one side, if its row is still what the decision saw. Undefined: somebody else was faster. */
export async function takeClaim(
  side: Side, { signal: { tunnelId }, invocation, ports: { ledger, clock } }: Work, { histories }: Sight, terms: { budget?: Budget; expiresAt: number },
): Promise<SideClaim | undefined> {
  if (invocation.deadline - clock.now() < LEAST_TIME) throw new OutOfTimeError('claim');
  const versionId = invocation.newVersionId();
  const proof = invocation.newProof();
  const claim = { versionId, proofHash: hashOf(proof), until: invocation.deadline + CLAIM_MARGIN };
  const before = histories[side];
  if (!await ledger.claim(tunnelId, side, before, claim, terms)) return undefined;

  const restore = (budget: Budget | undefined, standing = before?.claim) =>
    // One that can't be given back expires by itself.
    ledger.release(tunnelId, side, claim, { claim: standing, budget }).catch(() => undefined);
  return {
    versionId,
    proof,
    commit: (delivery) => ledger.commit(tunnelId, side, claim, delivery),
    release: (payment) => restore(payment === 'paid' ? terms.budget : before?.budget),
    exhaust: (inDoubt) => restore({ tokens: 0, at: clock.now() }, inDoubt ? claim : undefined),
    leave: () => undefined,
    remove: () => ledger.remove(tunnelId, side, claim),
  };
}
