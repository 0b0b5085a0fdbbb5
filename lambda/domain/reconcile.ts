import { pay, refill } from './budget';
import type { Policy } from './policy';
import type { Claim, Deposit, History } from './vocabulary';

const SECOND = 1_000;

/**
 * What a source's row should say, in the light of what lies in the secret. Doubt is looked up, not guessed at: an owner who died may or
 * may not have delivered; and a row may have been lost, or have come back from a backup.
 *
 * @param since when we began to look; what happened later may be in one answer and not in the other
 */
export function reconcile(row: History | undefined, deposit: Deposit, since: number, policy: Policy): History | undefined {
  if (row?.claim && row.claim.until >= since) return row; // its owner may be alive, and still deliver
  const settled = row?.claim ? settle(row, row.claim, deposit, policy) : row;
  const { current } = deposit;
  // The two were not read at one moment. A delivery yet to come was written by a clock far ahead, and says nothing.
  const isFresh = settled?.deliveredAt !== undefined && Math.abs(settled.deliveredAt - since) < policy.settle;
  if (current === undefined || current === settled?.versionId || isFresh) return settled;
  // The secret is ahead of the row. Whoever can prove that he used its token proves it to the next rotation.
  return {
    ...settled, generation: settled?.generation ?? 0, versionId: current, proofHash: undefined, formerProof: undefined,
    deliveredAt: deposit.changedAt ?? settled?.deliveredAt, fence: fenceOf(deposit.changedAt, settled),
  };
}

/**
 * The owner of this claim is dead. Did he deliver? If not, Rotate may have landed all the same, and only a token that was spent is rotated:
 * there is no unused one left for a fence to keep. A drop that it would hide could wait for ever for a proof that got lost.
 */
function settle({ claim: _, ...row }: History, claim: Claim, deposit: Deposit, policy: Policy): History {
  const { versionId, proofHash, until } = claim;
  if (deposit.versions.length === 0) return { ...row, fence: undefined, ...eitherProof(row, claim) };
  if (!deposit.versions.includes(versionId)) return { ...row, fence: undefined };
  // He is dead since then; whoever changes the secret later, its tags say, must not hide a drop.
  const changedAt = Math.min(deposit.changedAt ?? until, until);
  return {
    ...row, generation: row.generation + 1, versionId, proofHash, formerProof: undefined, fence: fenceOf(changedAt, row), deliveredAt: changedAt,
    budget: pay(refill(row.budget, changedAt, policy.budget)), refusal: undefined,
  };
}

/**
 * Somebody deleted the secret since, so nobody knows whether it was delivered. Whoever proves that it was, has read it. The row's own proof
 * may be an old one, of a client that is connected with the dead owner's token: unless nobody has connected since.
 */
function eitherProof(row: History, { proofHash, from }: Claim): Pick<History, 'proofHash' | 'formerProof'> {
  const hash = row.formerProof?.hash ?? row.proofHash;
  return { proofHash, formerProof: hash !== undefined && from !== undefined ? { hash, since: from } : undefined };
}

/** Nobody wrote down when the token was rotated, but it was before the secret was changed. */
function fenceOf(changedAt: number | undefined, row: History | undefined): number | undefined {
  const changed = changedAt === undefined ? undefined : Math.ceil(changedAt / SECOND) * SECOND;
  return changed === undefined ? row?.fence : Math.max(changed, row?.fence ?? 0);
}
