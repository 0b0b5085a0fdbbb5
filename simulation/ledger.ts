import type { ClaimedRow, Delivery } from '../lambda/domain/ports';
import type { Bookmark } from '../lambda/sweeper/round';
import type { Claim, Histories, History, Refusal, Side } from '../lambda/domain/vocabulary';

export interface Row {
  readonly tunnelId: string;
  readonly side: Side;
  readonly history: History;
}

/**
 * The ledger in DynamoDB, pretended: the conditions of `lambda/adapters/dynamo-ledger.ts`, one for one, those for a repeated
 * write included. A test holds the two against each other.
 */
export class PretendedLedger {
  readonly table = new Map<string, Row>();
  /** Where the sweep is. */
  bookmark?: Bookmark;

  /**
   * @param written is shown every row that is written
   * @param commitErasesClaims a flaw, to prove that it would be found: a repeated commit erases a newer claim
   */
  constructor(private readonly written: (row: Row) => void, private readonly commitErasesClaims = () => false) {}

  read(tunnelId: string, side: Side): History | undefined {
    return this.table.get(keyOf(tunnelId, side))?.history;
  }

  /** As the port does it: both sides at once. */
  readAll(tunnelId: string): Histories {
    const [source, destination] = [this.read(tunnelId, 'source'), this.read(tunnelId, 'destination')];
    return { ...(source && { source }), ...(destination && { destination }) };
  }

  claim(tunnelId: string, side: Side, seen: History | undefined, claimed: ClaimedRow): boolean {
    const row = this.read(tunnelId, side);
    const asSeen = seen ? row?.generation === seen.generation && row.claim?.versionId === seen.claim?.versionId : row === undefined;
    if (!asSeen && row?.claim?.versionId !== claimed.claim.versionId) return false;
    this.write(tunnelId, side, claimed);
    return true;
  }

  claimByProof(tunnelId: string, side: Side, proofHash: string, claim: Claim): History | undefined {
    const row = this.read(tunnelId, side);
    if (!row || !((row.proofHash === proofHash && !row.claim) || row.claim?.versionId === claim.versionId)) return undefined;
    this.write(tunnelId, side, { ...row, claim });
    return { ...row, claim: undefined };
  }

  release(tunnelId: string, side: Side, claim: Claim, refusal?: Refusal): void {
    const row = this.read(tunnelId, side);
    if (row?.claim?.versionId === claim.versionId) this.write(tunnelId, side, { ...row, claim: undefined, ...(refusal && { refusal }) });
  }

  commit(tunnelId: string, side: Side, { versionId, proofHash }: Claim, { requests, formerProofs, ...delivery }: Delivery): boolean {
    const row = this.read(tunnelId, side);
    const isOurs = row?.claim && !(this.commitErasesClaims() && row.versionId === versionId) ? row.claim.versionId === versionId : row?.versionId === versionId;
    if (!row || !isOurs) return false;
    const settled = { formerProofs, claim: undefined, refusal: undefined };
    this.write(tunnelId, side, { ...row, ...delivery, ...(requests && { requests }), versionId, proofHash, ...settled });
    return true;
  }

  remove(tunnelId: string, side: Side, claim: Claim): void {
    if (this.read(tunnelId, side)?.claim?.versionId === claim.versionId) this.table.delete(keyOf(tunnelId, side));
  }

  private write(tunnelId: string, side: Side, history: History): void {
    const row = { tunnelId, side, history };
    this.table.set(keyOf(tunnelId, side), row);
    this.written(row);
  }
}

const keyOf = (tunnelId: string, side: Side) => `${tunnelId} ${side}`;
