import { OutOfTimeError } from '../../../lambda/domain/errors';
import { Confidential } from '../../../lib/confidential';
import { hashOf } from '../../../lambda/proof';
import type { Parcel } from '../../../lambda/domain/ports';
import { CLAIM_MARGIN } from '../../../lambda/rotator/claims';
import { ManualClock } from '../../support/fakes';
import { dropped, liveProof, lostAnswer, SECOND } from './dropped';

describe('recover', () => {
  it('GIVEN a drop WHEN it is signalled THEN one token is rotated, delivered, committed and announced', async () => {
    const { tunnels, ledger, vault, announcer, witness, recoverIt } = dropped();
    tunnels.fence = 4_711_000;
    const outcome = await recoverIt();
    expect(outcome).toEqual({ kind: 'rotated', side: 'source', generation: 1, recoveryTime: SECOND, committed: true });
    expect(tunnels.rotations).toBe(1);
    expect(vault.secrets.get('t')).toMatchObject({ versionId: 'version-1', parcel: { generation: 1, services: ['SSH'], tunnelId: 't' } });
    expect(ledger.row('t')).toMatchObject({ generation: 1, versionId: 'version-1', fence: 4_711_000, claim: undefined });
    expect(announcer.told).toEqual([outcome]);
    expect(witness.saw).toEqual([outcome]);
  });

  it('GIVEN Rotate moves the timestamp, and reads are stale for a while, THEN its own time is the fence, and the token counts as unused', async () => {
    const { tunnels, clock, recoverIt } = dropped();
    tunnels.onRotate = () => { tunnels.fence = Math.ceil((clock.now() + 5) / SECOND) * SECOND; };
    await recoverIt();
    tunnels.show({ status: 'DISCONNECTED', lastUpdatedAt: clock.now() + 5 }); // seen only now
    clock.advance(30 * SECOND);
    expect(await recoverIt()).toMatchObject({ kind: 'held', reason: 'unused' });
    expect(tunnels.rotations).toBe(1);
  });

  it('GIVEN the source came back while we claimed THEN the second look gives the claim and the budget back', async () => {
    const { tunnels, ledger, clock, recoverIt } = dropped();
    tunnels.onObserve = () => tunnels.observations === 2 && tunnels.show({ status: 'CONNECTED', lastUpdatedAt: clock.now() });
    expect(await recoverIt()).toMatchObject({ kind: 'held', reason: 'connected' });
    expect(tunnels.rotations).toBe(0);
    expect(ledger.row('t')).toEqual({ generation: 0, claim: undefined });
  });

  describe('GIVEN a claim whose owner died', () => {
    const dead = (clock: ManualClock) => ({ versionId: 'dead-version', proofHash: hashOf(deadProof), until: clock.now() - 1 });
    const deadProof = new Confidential('dead-proof');
    /** The service goes on showing CONNECTED. */
    function silently(delivered: boolean) {
      const world = dropped();
      const { ledger, vault, tunnels, clock } = world;
      tunnels.show({ status: 'CONNECTED', lastUpdatedAt: clock.now() - 60 * SECOND });
      ledger.put('t', 'source', { generation: 1, fence: 5, versionId: 'old-version', proofHash: hashOf(liveProof), deliveredAt: 7, claim: dead(clock) });
      const [versionId, changedAt] = delivered ? ['dead-version', clock.now() - 20 * SECOND] : ['old-version', 7];
      vault.secrets.set('t', { versionId, parcel: {} as Parcel, changedAt });
      return world;
    }

    it('WHEN it did not deliver THEN the row\'s proof is believed, however silent the drop', async () => {
      expect(await silently(false).recoverIt({ proof: liveProof })).toMatchObject({ kind: 'rotated', generation: 2 });
    });
    it('WHEN it did deliver THEN the proof of what it delivered is believed', async () => {
      expect(await silently(true).recoverIt({ proof: deadProof })).toMatchObject({ kind: 'rotated', generation: 3 });
    });
    it.each([[true, liveProof], [false, deadProof]])('WHEN it delivered (%s) THEN the other proof is worth nothing', async (delivered, proof) => {
      expect(await silently(delivered).recoverIt({ proof })).toMatchObject({ kind: 'held', reason: 'connected' });
    });
    it('WHEN it did deliver THEN the row says so after the first look, and the delivery is paid for', async () => {
      const { ledger, clock, recoverIt } = silently(true);
      await recoverIt();
      const fence = Math.ceil((clock.now() - 20 * SECOND) / SECOND) * SECOND;
      expect(ledger.row('t')).toMatchObject({ generation: 2, versionId: 'dead-version', proofHash: hashOf(deadProof), fence, claim: undefined, budget: { tokens: 9 } });
    });
    it('WHEN it did deliver, and the secret was tagged after its death, THEN the drop before that counts all the same', async () => {
      const { ledger, vault, tunnels, clock, recoverIt } = silently(true);
      ledger.put('t', 'source', { ...ledger.row('t')!, claim: { ...dead(clock), until: clock.now() - 60 * SECOND } });
      vault.secrets.set('t', { ...vault.secrets.get('t')!, changedAt: clock.now() - 5 * SECOND });
      tunnels.show({ status: 'DISCONNECTED', lastUpdatedAt: clock.now() - 20 * SECOND });
      expect(await recoverIt()).toMatchObject({ kind: 'rotated', generation: 3 });
    });
    it('WHEN it did not deliver THEN the row says after the first look that it keeps no unused token, and nothing is paid', async () => {
      const { ledger, recoverIt } = silently(false);
      await recoverIt();
      expect(ledger.row('t')).toMatchObject({ generation: 1, versionId: 'old-version', fence: undefined, claim: undefined });
      expect(ledger.row('t')?.budget).toBeUndefined();
    });

    describe('WHEN it did not deliver', () => {
      /** The drop for which it claimed fell into the second of the rotation before, behind the fence; its proof was lost. */
      function hidden() {
        const world = silently(false);
        const { ledger, tunnels, clock } = world;
        const fence = clock.now() - 30 * SECOND;
        ledger.put('t', 'source', { ...ledger.row('t')!, fence, deliveredAt: fence });
        tunnels.show({ status: 'DISCONNECTED', lastUpdatedAt: fence - 1 });
        tunnels.fence = clock.now();
        return world;
      }

      it('THEN a hint about a drop behind the fence is heard, since only a spent token is ever rotated', async () => {
        expect(await hidden().recoverIt()).toMatchObject({ kind: 'rotated', generation: 2 });
      });
      it('THEN it is so after its row was written down as well', async () => {
        const { tunnels, clock, recoverIt } = hidden();
        const { state } = tunnels;
        tunnels.show({ status: 'CONNECTED', lastUpdatedAt: 0 }); // seen late
        await recoverIt();
        tunnels.state = state;
        clock.advance(3 * SECOND);
        expect(await recoverIt()).toMatchObject({ kind: 'rotated', generation: 2 });
      });
      it('THEN one rotation brings the fence back, and the next token counts as unused', async () => {
        const { tunnels, clock, recoverIt } = hidden();
        await recoverIt();
        clock.advance(30 * SECOND);
        expect(await recoverIt()).toMatchObject({ kind: 'held', reason: 'unused' });
        expect(tunnels.rotations).toBe(1);
      });
      it('THEN a source that is connected is left alone, be it only at the second look', async () => {
        const { tunnels, ledger, clock, recoverIt } = hidden();
        tunnels.onObserve = () => tunnels.observations === 2 && tunnels.show({ status: 'CONNECTED', lastUpdatedAt: clock.now() });
        expect(await recoverIt()).toMatchObject({ kind: 'held', reason: 'connected' });
        expect([tunnels.rotations, ledger.row('t')?.claim]).toEqual([0, undefined]);
      });
      it('THEN a token that was delivered a moment ago still gets its settling time', async () => {
        const { ledger, clock, recoverIt } = hidden();
        ledger.put('t', 'source', { ...ledger.row('t')!, deliveredAt: clock.now() - SECOND });
        expect(await recoverIt()).toMatchObject({ kind: 'held', reason: 'settling' });
      });
    });
    it('WHEN it expires while we look THEN what we saw is no answer, since it may have delivered after that', async () => {
      const { ledger, vault, clock, recoverIt } = silently(false);
      ledger.put('t', 'source', { ...ledger.row('t')!, claim: { ...dead(clock), until: clock.now() } });
      vault.onInspect = () => clock.advance(SECOND);
      expect(await recoverIt({ proof: liveProof })).toMatchObject({ kind: 'held', reason: 'in-doubt', recheckAfter: 0 });
    });
  });

  it('GIVEN a row whose owner died, and a tunnel that ended THEN both are cleaned up all the same', async () => {
    const { tunnels, ledger, clock, recoverIt } = dropped();
    tunnels.state = { kind: 'closed' };
    ledger.put('t', 'source', { generation: 1, claim: { versionId: 'v', proofHash: 'h', until: clock.now() - 1 } });
    expect(await recoverIt()).toMatchObject({ kind: 'retired' });
    expect(ledger.table.size).toBe(0);
  });

  it('GIVEN a proof of the live token THEN there is no second look', async () => {
    const { tunnels, ledger, clock, recoverIt } = dropped();
    ledger.put('t', 'source', { generation: 1, fence: 0, versionId: 'live-version', proofHash: hashOf(liveProof), deliveredAt: clock.now() });
    tunnels.show({ status: 'CONNECTED', lastUpdatedAt: clock.now() - SECOND });
    expect(await recoverIt({ proof: liveProof })).toMatchObject({ kind: 'rotated', generation: 2 });
    expect(tunnels.observations).toBe(1);
  });

  it('GIVEN a race for the claim that is lost THEN the signal comes back with its proof when the winner is certainly dead', async () => {
    const { ledger, clock, signals, recoverIt } = dropped();
    ledger.put('t', 'source', { generation: 1, fence: 0, versionId: 'live-version', proofHash: hashOf(liveProof), deliveredAt: clock.now() });
    ledger.claimByProof = async () => undefined;
    ledger.claim = async () => false;
    expect(await recoverIt({ proof: liveProof })).toMatchObject({ kind: 'held', reason: 'claimed' });
    expect(signals.sent).toEqual([{ signal: expect.objectContaining({ attempt: 1, proof: liveProof }), delay: 20 * SECOND + CLAIM_MARGIN }]);
  });

  it('GIVEN two recoveries that saw the same drop THEN one rotates and the other is held', async () => {
    const { tunnels, recoverIt } = dropped();
    const outcomes = await Promise.all([recoverIt(), recoverIt()]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['held', 'rotated']);
    expect(tunnels.rotations).toBe(1);
  });

  it('GIVEN the claim is standing THEN the signal comes back when it has expired', async () => {
    const { ledger, signals, clock, recoverIt } = dropped();
    ledger.put('t', 'source', { generation: 0, claim: { versionId: 'other', proofHash: 'h', until: clock.now() + 7 * SECOND } });
    await recoverIt({ proof: liveProof });
    expect(signals.sent).toEqual([{ signal: expect.objectContaining({ attempt: 1, proof: liveProof }), delay: 7 * SECOND + 1 }]);
  });

  it('GIVEN a tunnel that closed THEN its secret goes first and its row last', async () => {
    const { tunnels, ledger, vault, recoverIt } = dropped();
    await recoverIt();
    tunnels.state = { kind: 'closed' };
    expect(await recoverIt()).toEqual({ kind: 'retired', side: 'source', reason: 'tunnel-closed' });
    expect([vault.secrets.size, ledger.table.size]).toEqual([0, 0]);
  });

  it('GIVEN a tunnel that closed WHEN its secret can\'t be deleted THEN the row stays, and with it the way back to the secret', async () => {
    const { tunnels, ledger, vault, recoverIt } = dropped();
    await recoverIt();
    tunnels.state = { kind: 'closed' };
    vault.destroy = async () => { throw lostAnswer; };
    await expect(recoverIt()).rejects.toBe(lostAnswer);
    expect([vault.secrets.size, ledger.table.size]).toEqual([1, 1]);
  });

  it('GIVEN a tunnel that closes between Rotate and delivery THEN the next look cleans up', async () => {
    const { tunnels, vault, ledger, recoverIt } = dropped();
    tunnels.onRotate = () => { tunnels.state = { kind: 'closed' }; };
    await recoverIt();
    await recoverIt();
    expect([vault.secrets.size, ledger.table.size]).toEqual([0, 0]);
  });

  it('GIVEN a tunnel that the service does not know WHEN it is seen twice, apart in time, THEN it is retired, and not before', async () => {
    const { tunnels, vault, signals, clock, recoverIt } = dropped();
    tunnels.fence = clock.now();
    await recoverIt();
    const { state } = tunnels;
    tunnels.state = { kind: 'unknown' };
    expect(await recoverIt()).toMatchObject({ kind: 'held', reason: 'unknown-tunnel' });
    expect([vault.secrets.size, signals.sent[0].delay]).toEqual([1, 30 * SECOND]);
    clock.advance(30 * SECOND);
    tunnels.state = state; // it was only a hiccup
    expect(await recoverIt(signals.sent[0].signal)).toMatchObject({ kind: 'held' });
    tunnels.state = { kind: 'unknown' };
    expect(await recoverIt(signals.sent[0].signal)).toEqual({ kind: 'retired', side: 'source', reason: 'unknown-tunnel' });
  });

  it('GIVEN too little time left THEN nothing is begun', async () => {
    const { tunnels, ledger, recoverIt } = dropped();
    await expect(recoverIt({}, SECOND)).rejects.toBeInstanceOf(OutOfTimeError);
    expect([tunnels.rotations, ledger.table.size]).toEqual([0, 0]);
  });
});
