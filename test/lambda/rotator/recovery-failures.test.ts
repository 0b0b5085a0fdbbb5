import { DependencyError, type FailureKind } from '../../../lambda/domain/errors';
import { Confidential } from '../../../lib/confidential';
import { hashOf } from '../../../lambda/proof';
import { CLAIM_MARGIN } from '../../../lambda/rotator/claims';
import { dropped, liveProof, lostAnswer, refusal, SECOND } from './dropped';

describe('recover', () => {
  describe('GIVEN a failure', () => {
    it('WHEN Rotate is throttled THEN the claim is given back, nothing is paid, and the next try may follow at once', async () => {
      const { tunnels, ledger, recoverIt } = dropped();
      const throttled = new DependencyError('IoTSecureTunneling.RotateTunnelAccessToken', 'unavailable', 'ThrottlingException', true);
      tunnels.onRotate = () => { throw throttled; };
      await expect(recoverIt()).rejects.toBe(throttled);
      expect(ledger.row('t')).toMatchObject({ generation: 0, claim: undefined });
      expect(ledger.row('t')?.budget).toBeUndefined();
      tunnels.onRotate = () => undefined;
      expect(await recoverIt()).toMatchObject({ kind: 'rotated' });
    });

    it('WHEN Rotate is refused again and again THEN the pauses grow to a minute, nothing is paid, and a success ends them', async () => {
      const { tunnels, ledger, clock, recoverIt } = dropped();
      tunnels.onRotate = () => { throw refusal; };
      for (const pause of [5, 10, 20, 40, 60, 60]) {
        await expect(recoverIt()).rejects.toBe(refusal);
        expect(await recoverIt()).toMatchObject({ kind: 'held', reason: 'backing-off', recheckAfter: pause * SECOND });
        expect(ledger.row('t')?.budget).toBeUndefined();
        clock.advance(pause * SECOND);
      }
      tunnels.onRotate = () => undefined;
      expect(await recoverIt()).toMatchObject({ kind: 'rotated' });
      expect(ledger.row('t')).toMatchObject({ refusal: undefined, budget: { tokens: 9 } });
    });

    it('WHEN Rotate is unanswered THEN it may still land, so the claim outlasts it', async () => {
      const { tunnels, ledger, clock, recoverIt } = dropped();
      tunnels.onRotate = () => { throw lostAnswer; };
      await expect(recoverIt()).rejects.toBe(lostAnswer);
      expect(ledger.row('t')?.claim?.until).toBe(clock.now() + 20 * SECOND + CLAIM_MARGIN);
    });

    it('WHEN the delivery is throttled THEN the claim is given back, and the next try may follow at once', async () => {
      const { vault, ledger, recoverIt } = dropped();
      const throttled = new DependencyError('SecretsManager.PutSecretValue', 'unavailable', 'ThrottlingException', true);
      vault.onDeliver = () => { throw throttled; };
      await expect(recoverIt()).rejects.toBe(throttled);
      expect(ledger.row('t')).toMatchObject({ claim: undefined });
      expect(ledger.row('t')?.budget).toBeUndefined();
      vault.onDeliver = () => undefined;
      expect(await recoverIt()).toMatchObject({ kind: 'rotated' });
    });

    it.each<[string, FailureKind]>([
      ['LimitExceededException', 'refused'], ['AccessDeniedException', 'access-denied'], ['EncryptionFailure', 'access-denied'],
    ])('WHEN the delivery is refused with %s THEN the next try waits, and nothing is paid', async (code, kind) => {
      const { tunnels, vault, ledger, clock, recoverIt } = dropped();
      const refused = new DependencyError('SecretsManager.PutSecretValue', kind, code, true);
      vault.onDeliver = () => { throw refused; };
      await expect(recoverIt()).rejects.toBe(refused);
      expect(ledger.row('t')).toMatchObject({ claim: undefined, refusal: { times: 1, until: clock.now() + 5 * SECOND } });
      expect(await recoverIt()).toMatchObject({ kind: 'held', reason: 'backing-off' });
      expect([tunnels.rotations, ledger.row('t')?.budget]).toEqual([1, undefined]);
    });

    it('WHEN the delivery is unanswered THEN the claim stays, names the version in doubt, and outlives the invocation', async () => {
      const { vault, ledger, clock, recoverIt } = dropped();
      vault.onDeliver = () => { throw lostAnswer; };
      await expect(recoverIt()).rejects.toBe(lostAnswer);
      expect(ledger.row('t')?.claim).toMatchObject({ versionId: 'version-1', proofHash: hashOf(new Confidential('proof-1')), until: clock.now() + 20 * SECOND + CLAIM_MARGIN });
    });

    it('WHEN the commit fails after the delivery THEN the claim stays, and the world is told and the rotation counted all the same', async () => {
      const { ledger, announcer, witness, recoverIt } = dropped();
      ledger.commit = async () => { throw refusal; };
      await expect(recoverIt()).rejects.toBe(refusal);
      expect(ledger.row('t')?.claim).toMatchObject({ versionId: 'version-1' });
      expect([announcer.told, witness.saw]).toMatchObject([[{ kind: 'rotated' }], [{ kind: 'rotated', committed: false }]]);
    });

    it('WHEN a look fails beside a claim that a proof has won THEN the claim is given back', async () => {
      const { tunnels, ledger, recoverIt } = dropped();
      ledger.put('t', 'source', { generation: 1, fence: 0, versionId: 'live-version', proofHash: hashOf(liveProof) });
      tunnels.onObserve = () => { throw lostAnswer; };
      await expect(recoverIt({ proof: liveProof })).rejects.toBe(lostAnswer);
      expect(ledger.row('t')).toMatchObject({ generation: 1, claim: undefined });
    });

    it('WHEN the second look fails THEN the claim is given back', async () => {
      const { tunnels, ledger, recoverIt } = dropped();
      tunnels.onObserve = () => { if (tunnels.observations === 2) throw lostAnswer; };
      await expect(recoverIt()).rejects.toBe(lostAnswer);
      expect(ledger.row('t')).toMatchObject({ generation: 0, claim: undefined });
    });
  });
});
