import { Confidential } from '../../../lib/confidential';
import { hashOf } from '../../../lambda/proof';
import type { History, Signal } from '../../../lambda/domain/vocabulary';
import { ManualClock } from '../../support/fakes';
import { dropped, liveProof, SECOND } from './dropped';

describe('recover', () => {
  describe('GIVEN a signal that waited in the queue', () => {
    const formerProof = new Confidential('former-proof');
    const delivered = (clock: ManualClock): History => ({
      generation: 3, versionId: 'v', proofHash: hashOf(liveProof), formerProofs: [{ hash: hashOf(formerProof), since: clock.now() - SECOND }],
      fence: clock.now(), deliveredAt: clock.now(),
    });

    it.each<[string, Partial<Signal>]>([['a hint', {}], ['an older proof', { proof: formerProof }], ['one that is none', { proof: new Confidential('no-proof') }]])(
      'WHEN a token was delivered since THEN %s is answered by it, and the service is not asked', async (_, signal) => {
        const { tunnels, ledger, clock, witness, recoverAll } = dropped();
        clock.advance(60 * SECOND);
        ledger.put('t', 'source', delivered(clock));
        clock.advance(20 * SECOND);
        expect(await recoverAll({ ...signal, since: clock.now() - 30 * SECOND })).toEqual([]);
        expect({ looks: tunnels.observations, rotations: tunnels.rotations, joins: witness.joins }).toEqual({ looks: 0, rotations: 0, joins: 1 });
      });

    it('WHEN it proves that the live token is spent THEN it rotates all the same', async () => {
      const { ledger, clock, recoverIt } = dropped();
      ledger.put('t', 'source', delivered(clock));
      clock.advance(20 * SECOND);
      expect(await recoverIt({ proof: liveProof, since: clock.now() - 30 * SECOND })).toMatchObject({ kind: 'rotated', generation: 4 });
    });

    it('WHEN nothing was delivered since THEN it is looked at', async () => {
      const { tunnels, ledger, clock, recoverIt } = dropped();
      ledger.put('t', 'source', { ...delivered(clock), fence: clock.now() - 60 * SECOND, deliveredAt: clock.now() - 60 * SECOND });
      clock.advance(20 * SECOND);
      expect(await recoverIt({ since: clock.now() - 19 * SECOND })).toMatchObject({ kind: 'rotated', generation: 4 });
      expect(tunnels.observations).toBe(2);
    });

    it('WHEN a clock far ahead wrote down the delivery before its drop THEN it is looked at', async () => {
      const { tunnels, ledger, clock, recoverAll } = dropped();
      ledger.put('t', 'source', { ...delivered(clock), fence: clock.now() - 60 * SECOND, deliveredAt: clock.now() + 3_600 * SECOND });
      clock.advance(20 * SECOND);
      await recoverAll({ since: clock.now() - 10 * SECOND });
      expect(tunnels.observations).toBeGreaterThan(0);
    });

    it.each([-1, 1])('WHEN it came %d s from the delivery, by clocks that differ, THEN it is looked at', async (seconds) => {
      const { tunnels, ledger, clock, recoverAll } = dropped();
      const deliveredAt = clock.now();
      ledger.put('t', 'source', delivered(clock));
      clock.advance(20 * SECOND);
      await recoverAll({ since: deliveredAt + seconds * SECOND });
      expect(tunnels.observations).toBeGreaterThan(0);
    });

    it('WHEN it asks for a token THEN it is looked at: the secret may be gone', async () => {
      const { tunnels, ledger, clock, recoverAll } = dropped();
      ledger.put('t', 'source', delivered(clock));
      clock.advance(20 * SECOND);
      await recoverAll({ kind: 'token-request', since: clock.now() - 30 * SECOND });
      expect(tunnels.observations).toBeGreaterThan(0);
    });
  });
});
