import { createHash, randomBytes } from 'node:crypto';
import { Confidential } from '../lib/confidential';

/** A value that nobody can guess, to lie in the secret beside its token: who names it has read that token. */
export function newProof(): Confidential {
  return new Confidential(randomBytes(32).toString('base64url'));
}

/** What the ledger keeps of a proof: enough to know it again, too little to give it. */
export function hashOf(proof: Confidential): string {
  return createHash('sha256').update(proof.reveal()).digest('hex');
}
