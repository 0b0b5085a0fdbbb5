import { OutOfTimeError } from '../domain/errors';
import { proofsAfter } from '../domain/reconcile';
import type { Claim, History, Side, Signal } from '../domain/vocabulary';
import { hashOf } from '../proof';
import type { Confidential } from '../../lib/confidential';
import type { SideClaim, Sight, Work } from './context';

/** How long after its owner's deadline a claim stands: time for requests that were in flight to land. */
export const CLAIM_MARGIN = 5_000;
/** Work that cannot be finished is not begun: claim to commit takes well under this. */
const LEAST_TIME = 5_000;

/** Takes the claim on one side, if its row is still what the decision saw. Undefined: somebody else was faster. */
export async function takeClaim(side: Side, work: Work, { observation, rows, histories }: Sight, expiresAt: number): Promise<SideClaim | undefined> {
  const { signal, ports: { ledger } } = work;
  const { claim, proof } = newClaim(work, observation.kind === 'open' ? observation.at : undefined);
  const row = { ...histories[side], generation: histories[side]?.generation ?? 0, claim };
  return await ledger.claim(signal.tunnelId, side, rows[side], row, expiresAt) ? claimOf(side, work, claim, proof, histories[side]) : undefined;
}

/** Takes the source's claim by the signal's proof alone, and tells what the row said before. Nobody needs to have read it. */
export async function claimByProof(work: Work): Promise<{ claim: SideClaim; row: History } | undefined> {
  const { signal, proofHash, ports: { ledger } } = work;
  if (proofHash === undefined || !speaksForSource(signal)) return undefined;
  const { claim, proof } = newClaim(work, signal.since);
  const row = await ledger.claimByProof(signal.tunnelId, 'source', proofHash, claim);
  return row && { claim: claimOf('source', work, claim, proof, row), row };
}

const speaksForSource = ({ sides }: Signal): boolean => sides.includes('source');

function newClaim({ invocation, ports: { clock } }: Work, from: number | undefined): { claim: Claim; proof: Confidential } {
  if (invocation.deadline - clock.now() < LEAST_TIME) throw new OutOfTimeError('claim');
  const versionId = invocation.newVersionId();
  const proof = invocation.newProof();
  return { proof, claim: { versionId, proofHash: hashOf(proof), until: invocation.deadline + CLAIM_MARGIN, from } };
}

function claimOf(side: Side, work: Work, claim: Claim, proof: Confidential, history: History | undefined): SideClaim {
  const { signal: { tunnelId }, policy: { backOff: { first, longest } }, ports: { ledger, clock } } = work;
  const times = (history?.refusal?.times ?? 0) + 1;
  return {
    versionId: claim.versionId,
    proof,
    commit: (delivery) => ledger.commit(tunnelId, side, claim, { ...delivery, formerProofs: proofsAfter(history ?? {}, claim).formerProofs }),
    release: () => ledger.release(tunnelId, side, claim).catch(() => undefined),
    backOff: () => ledger.release(tunnelId, side, claim, { times, until: clock.now() + Math.min(longest, first * 2 ** (times - 1)) }).catch(() => undefined),
    leave: () => undefined,
    remove: () => ledger.remove(tunnelId, side, claim),
  };
}
