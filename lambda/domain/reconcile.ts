import { pay, refill } from './budget';
import type { Policy } from './policy';
import type { Claim, Deposit, History } from './vocabulary';

const SECOND = 1_000;
type Proofs = Pick<History, 'proofHash' | 'formerProofs'>;

/** So many tokens may get lost one after the other before the oldest proof is forgotten. */
const MOST_PROOFS = 5;

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
    ...settled, generation: settled?.generation ?? 0, versionId: current, proofHash: undefined, formerProofs: undefined,
    deliveredAt: deposit.changedAt ?? settled?.deliveredAt, fence: fenceOf(deposit.changedAt, settled),
  };
}

/**
 * The owner of this claim is dead. Did he deliver? If not, Rotate may have landed all the same, and only a token that was spent is rotated:
 * there is no unused one left for a fence to keep. A drop that it would hide could wait for ever for a proof that got lost.
 */
function settle({ claim: _, ...row }: History, claim: Claim, deposit: Deposit, policy: Policy): History {
  const { versionId, until } = claim;
  if (deposit.versions.length === 0) return { ...row, fence: undefined, ...proofsAfter(row, claim) };
  if (!deposit.versions.includes(versionId)) return { ...row, fence: undefined };
  // He is dead since then; whoever changes the secret later, its tags say, must not hide a drop.
  const changedAt = Math.min(deposit.changedAt ?? until, until);
  return {
    ...row, generation: row.generation + 1, versionId, ...proofsAfter(row, claim), fence: fenceOf(changedAt, row), deliveredAt: changedAt,
    budget: pay(refill(row.budget, changedAt, policy.budget)), refusal: undefined,
  };
}

/**
 * What the row says of proofs once this claim's token is delivered, or may be. Whoever shows its proof has read it. The row's own proof may be an
 * old one then, of a client that is connected with the newer token: unless nobody has connected since. So it is for all those before.
 */
export function proofsAfter({ proofHash: before, formerProofs }: Proofs, { proofHash, from }: Claim): Proofs {
  if (before === undefined || from === undefined) return { proofHash, formerProofs };
  return { proofHash, formerProofs: [...formerProofs ?? [], { hash: before, since: from }].slice(-MOST_PROOFS) };
}

/** Nobody wrote down when the token was rotated, but it was before the secret was changed. */
function fenceOf(changedAt: number | undefined, row: History | undefined): number | undefined {
  const changed = changedAt === undefined ? undefined : Math.ceil(changedAt / SECOND) * SECOND;
  return changed === undefined ? row?.fence : Math.max(changed, row?.fence ?? 0);
}
