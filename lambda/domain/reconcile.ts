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
  const isFresh = settled?.deliveredAt !== undefined && settled.deliveredAt > since - policy.settle;
  if (current === undefined || current === settled?.versionId || isFresh) return settled;
  // The secret is ahead of the row. Whoever can prove that he used its token proves it to the next rotation.
  return {
    ...settled, generation: settled?.generation ?? 0, versionId: current, proofHash: undefined,
    deliveredAt: deposit.changedAt ?? settled?.deliveredAt, fence: fenceOf(deposit, settled),
  };
}

/**
 * The owner of this claim is dead. Did he deliver? If not, Rotate may have landed all the same, and only a token that was spent is rotated:
 * there is no unused one left for a fence to keep. A drop that it would hide could wait for ever for a proof that got lost.
 */
function settle({ claim: _, ...row }: History, { versionId, proofHash, until }: Claim, deposit: Deposit, policy: Policy): History {
  if (!deposit.versions.includes(versionId)) return { ...row, fence: undefined };
  const deliveredAt = Math.min(deposit.changedAt ?? until, until);
  return {
    ...row, generation: row.generation + 1, versionId, proofHash, fence: fenceOf(deposit, row), deliveredAt,
    budget: pay(refill(row.budget, deliveredAt, policy.budget)), refusal: undefined,
  };
}

/** Nobody wrote down when the token was rotated, but it was before the secret was changed. */
function fenceOf({ changedAt }: Deposit, row: History | undefined): number | undefined {
  const changed = changedAt === undefined ? undefined : Math.ceil(changedAt / SECOND) * SECOND;
  return changed === undefined ? row?.fence : Math.max(changed, row?.fence ?? 0);
}
