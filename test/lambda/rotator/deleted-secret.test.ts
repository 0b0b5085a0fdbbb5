import { Confidential } from '../../../lib/confidential';
import { hashOf } from '../../../lambda/proof';
import type { Parcel } from '../../../lambda/domain/ports';
import { dropped, liveProof, SECOND } from './dropped';

const deadProof = new Confidential('dead-proof');

/**
 * Its owner died over a claim, and somebody deleted the secret since: nobody knows whether he delivered. The service goes on showing CONNECTED.
 *
 * @param moved when the source's connection last changed, counted from the claim
 */
function undecided(moved: number) {
  const world = dropped();
  const { ledger, tunnels, clock } = world;
  const from = clock.now() - 60 * SECOND;
  const claim = { versionId: 'dead-version', proofHash: hashOf(deadProof), until: clock.now() - 1, from };
  ledger.put('t', 'source', { generation: 1, fence: 5, versionId: 'old-version', proofHash: hashOf(liveProof), deliveredAt: 7, claim });
  tunnels.show({ status: 'CONNECTED', lastUpdatedAt: from + moved });
  return { ...world, from };
}

describe('recover, where a rotator died over a claim and somebody deleted the secret since', () => {
  it('WHEN nobody has connected since the claim THEN the row\'s own proof is believed: nobody uses what may have been delivered', async () => {
    expect(await undecided(-30 * SECOND).recoverIt({ proof: liveProof })).toMatchObject({ kind: 'rotated', generation: 2 });
  });

  it.each([-SECOND, 0, 5 * SECOND])('WHEN somebody has connected since, or in that second (%d ms), THEN the row\'s own proof kicks nobody', async (moved) => {
    const { tunnels, recoverIt } = undecided(moved);
    expect(await recoverIt({ proof: liveProof })).toMatchObject({ kind: 'held', reason: 'connected' });
    expect(tunnels.rotations).toBe(0);
  });

  it.each([-30 * SECOND, 5 * SECOND])('WHEN the dead owner\'s own proof comes THEN he did deliver, and it is believed (%d ms)', async (moved) => {
    expect(await undecided(moved).recoverIt({ proof: deadProof })).toMatchObject({ kind: 'rotated', generation: 2 });
  });

  it('WHEN a hint comes first THEN the row remembers the doubt, and either proof counts afterwards', async () => {
    const { ledger, from, recoverIt } = undecided(-30 * SECOND);
    expect(await recoverIt()).toMatchObject({ kind: 'held', reason: 'connected' });
    expect(ledger.row('t')).toMatchObject({ proofHash: hashOf(deadProof), formerProofs: [{ hash: hashOf(liveProof), since: from }], claim: undefined });
    expect(await recoverIt({ proof: liveProof })).toMatchObject({ kind: 'rotated', generation: 2 });
    expect(ledger.row('t')?.formerProofs?.map(({ hash }) => hash)).toEqual([hashOf(liveProof), hashOf(deadProof)]);
  });

  it.each<[string, Confidential, number, 'rotated' | 'held']>([
    ['nobody has connected since the first claim THEN the oldest proof counts', liveProof, -30 * SECOND, 'rotated'],
    ['somebody has connected between the claims THEN the oldest proof kicks nobody', liveProof, 20 * SECOND, 'held'],
    ['somebody has connected between the claims THEN the first dead owner\'s proof counts', deadProof, 20 * SECOND, 'rotated'],
    ['somebody has connected since the last claim THEN the first dead owner\'s proof kicks nobody', deadProof, 55 * SECOND, 'held'],
  ])('WHEN the next owner died as well, and %s', async (_, proof, moved, kind) => {
    const { ledger, clock, recoverIt } = undecided(moved);
    await recoverIt();
    const claim = { versionId: 'next-version', proofHash: hashOf(new Confidential('next-proof')), until: clock.now() - 1, from: clock.now() - 10 * SECOND };
    ledger.put('t', 'source', { ...ledger.row('t')!, claim });
    expect(await recoverIt({ proof })).toMatchObject({ kind });
  });

  it('WHEN one owner dies after the other THEN no more than a few proofs are kept', async () => {
    const { ledger, clock, recoverIt } = undecided(-30 * SECOND);
    for (let died = 0; died < 20; died++) {
      clock.advance(70 * SECOND);
      await recoverIt();
      ledger.put('t', 'source', { ...ledger.row('t')!, claim: { versionId: `version-${died}`, proofHash: `hash-${died}`, until: clock.now() - 1, from: clock.now() } });
    }
    expect(ledger.row('t')?.formerProofs).toHaveLength(5);
  });

  it('WHEN somebody connects between the two looks THEN the row\'s own proof kicks nobody', async () => {
    const { tunnels, clock, recoverIt } = undecided(-30 * SECOND);
    tunnels.onObserve = () => tunnels.observations === 2 && tunnels.show({ status: 'CONNECTED', lastUpdatedAt: clock.now() });
    expect(await recoverIt({ proof: liveProof })).toMatchObject({ kind: 'held', reason: 'connected' });
    expect(tunnels.rotations).toBe(0);
  });

  it('WHEN the row\'s own proof waited in the queue THEN it is heard all the same', async () => {
    const { clock, recoverIt } = undecided(-30 * SECOND);
    await recoverIt();
    clock.advance(70 * SECOND);
    expect(await recoverIt({ proof: liveProof, since: clock.now() - 60 * SECOND })).toMatchObject({ kind: 'rotated' });
  });

  it('WHEN the secret is there after all THEN only the proof in it counts: its source can read it', async () => {
    const { vault, recoverIt } = undecided(-30 * SECOND);
    await recoverIt();
    vault.secrets.set('t', { versionId: 'old-version', parcel: {} as Parcel, changedAt: 7 });
    expect(await recoverIt({ proof: liveProof })).toMatchObject({ kind: 'held', reason: 'connected' });
  });
});

describe('recover, where somebody deleted the secret before its source could read the new token, and the service goes on showing CONNECTED', () => {
  async function unread() {
    const world = dropped();
    const { ledger, vault, tunnels, clock, recoverIt } = world;
    tunnels.show({ status: 'CONNECTED', lastUpdatedAt: clock.now() - 60 * SECOND });
    ledger.put('t', 'source', { generation: 1, fence: 5, versionId: 'old-version', proofHash: hashOf(liveProof), deliveredAt: 7 });
    vault.secrets.set('t', { versionId: 'old-version', parcel: {} as Parcel, changedAt: 7 });
    await recoverIt({ proof: liveProof });
    vault.secrets.clear();
    clock.advance(30 * SECOND);
    return world;
  }

  it('WHEN its source proves the token before it once more THEN it gets another one', async () => {
    const { clock, recoverIt } = await unread();
    expect(await recoverIt({ proof: liveProof, since: clock.now() })).toMatchObject({ kind: 'rotated', generation: 3 });
  });

  it('WHEN the token was delivered a moment ago THEN the secret may have been looked at before that, and nothing is revoked yet', async () => {
    const { clock, tunnels, recoverIt } = await unread();
    clock.advance(-20 * SECOND);
    expect(await recoverIt({ proof: liveProof, since: clock.now() })).toMatchObject({ kind: 'held', reason: 'connected', recheckAfter: expect.any(Number) });
    expect(tunnels.rotations).toBe(1);
  });

  it('WHEN somebody has connected since THEN the new token was read, and nobody is kicked', async () => {
    const { tunnels, clock, recoverIt } = await unread();
    tunnels.show({ status: 'CONNECTED', lastUpdatedAt: clock.now() - 20 * SECOND });
    expect(await recoverIt({ proof: liveProof, since: clock.now() })).toMatchObject({ kind: 'held', reason: 'connected' });
    expect(tunnels.rotations).toBe(1);
  });
});
