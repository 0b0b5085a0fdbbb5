import { hashOf } from '../../../lambda/proof';
import type { Parcel } from '../../../lambda/domain/ports';
import type { History } from '../../../lambda/domain/vocabulary';
import { dropped, liveProof, SECOND } from './dropped';

describe('recover', () => {
  describe('GIVEN a row that was lost or came back from a backup', () => {
    /** Version 5 lies in the secret, delivered a minute ago. */
    function restored(row: History | undefined) {
      const world = dropped();
      const { ledger, vault, tunnels, clock } = world;
      if (row) ledger.put('t', 'source', row);
      tunnels.show({ status: 'CONNECTED', lastUpdatedAt: clock.now() - 50 * SECOND });
      vault.secrets.set('t', { versionId: 'version-5', parcel: {} as Parcel, changedAt: clock.now() - 60 * SECOND });
      return world;
    }
    const old = { generation: 2, fence: 5, versionId: 'version-2', proofHash: hashOf(liveProof), deliveredAt: 7 };

    it('WHEN an old proof is replayed THEN it kicks nobody, though the row would believe it', async () => {
      const { tunnels, ledger, recoverIt } = restored(old);
      expect(await recoverIt({ proof: liveProof })).toMatchObject({ kind: 'held', reason: 'connected' });
      expect([tunnels.rotations, ledger.row('t')?.claim]).toEqual([0, undefined]);
    });
    it.each([['an old row', old], ['no row', undefined]])('WHEN there is %s THEN a token that was not used is left alone', async (_, row) => {
      const { tunnels, clock, recoverIt } = restored(row);
      tunnels.show({ status: 'DISCONNECTED', lastUpdatedAt: clock.now() - 61 * SECOND });
      expect(await recoverIt()).toMatchObject({ kind: 'held', reason: 'unused' });
    });
    it('WHEN somebody looks THEN the secret has a row again, which the end of the tunnel removes with it', async () => {
      const { tunnels, ledger, vault, clock, recoverIt } = restored(undefined);
      await recoverIt();
      clock.advance(3 * SECOND);
      expect(ledger.row('t')).toMatchObject({ versionId: 'version-5' });
      tunnels.state = { kind: 'closed' };
      expect(await recoverIt()).toMatchObject({ kind: 'retired' });
      expect([vault.secrets.size, ledger.table.size]).toEqual([0, 0]);
    });
    it('WHEN it drops THEN it comes back', async () => {
      const { tunnels, clock, recoverIt } = restored(old);
      tunnels.show({ status: 'DISCONNECTED', lastUpdatedAt: clock.now() - SECOND });
      expect(await recoverIt()).toMatchObject({ kind: 'rotated' });
    });
  });
});
