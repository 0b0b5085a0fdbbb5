import { hashOf } from '../../../lambda/proof';
import type { Signal } from '../../../lambda/domain/vocabulary';
import { type Policy } from '../../../lambda/domain/policy';
import { dropped, liveProof, lostAnswer, refusal, SECOND } from './dropped';

describe('recover', () => {
  describe('GIVEN both sides are served', () => {
    const both: Partial<Policy> = { sides: ['source', 'destination'] };
    const all: Partial<Signal> = { sides: ['source', 'destination'] };
    /** As `dropped`, but the destination dropped as well. */
    function bothDropped() {
      const world = dropped();
      world.tunnels.show({ status: 'DISCONNECTED', lastUpdatedAt: world.clock.now() - SECOND }, 'destination');
      return world;
    }

    it('WHEN both are down THEN one call rotates both, and each has its own row', async () => {
      const { tunnels, ledger, vault, courier, recoverAll } = bothDropped();
      const outcomes = await recoverAll(all, both);
      expect(outcomes.map(({ kind, side }) => [kind, side])).toEqual([['rotated', 'source'], ['rotated', 'destination']]);
      expect(tunnels.requests).toEqual([{ sides: ['source', 'destination'], destination: { thingName: 'device-1', services: ['SSH'] } }]);
      expect([ledger.row('t', 'source')?.generation, ledger.row('t', 'destination')?.generation]).toEqual([1, 1]);
      expect([vault.secrets.size, courier.carried]).toEqual([1, []]); // AWS itself publishes to the thing
    });

    it('WHEN only the device speaks, but the source is down too THEN both are healed', async () => {
      const { tunnels, recoverAll } = bothDropped();
      await recoverAll({ sides: ['destination'] }, both);
      expect(tunnels.requests.map(({ sides }) => sides)).toEqual([['source', 'destination']]);
    });

    it('WHEN only the source speaks THEN the destination waits for its device, and nothing is said of it', async () => {
      const { tunnels, recoverAll } = bothDropped();
      expect((await recoverAll({}, both)).map(({ side }) => side)).toEqual(['source']);
      expect(tunnels.requests).toEqual([{ sides: ['source'], destination: undefined }]);
    });

    it('WHEN the destination came back between the looks THEN only the source is rotated', async () => {
      const { tunnels, clock, ledger, recoverAll } = bothDropped();
      tunnels.onObserve = () => tunnels.observations === 2 && tunnels.show({ status: 'CONNECTED', lastUpdatedAt: clock.now() }, 'destination');
      await recoverAll(all, both);
      expect(tunnels.requests.map(({ sides }) => sides)).toEqual([['source']]);
      expect(ledger.row('t', 'destination')).toMatchObject({ generation: 0, claim: undefined });
    });

    it('WHEN the source has a proof and the destination came back between the looks THEN only the source is rotated', async () => {
      const { tunnels, clock, ledger, recoverAll } = bothDropped();
      ledger.put('t', 'source', { generation: 1, fence: 0, versionId: 'live-version', proofHash: hashOf(liveProof), deliveredAt: clock.now() });
      tunnels.onObserve = () => tunnels.observations === 2 && tunnels.show({ status: 'CONNECTED', lastUpdatedAt: clock.now() }, 'destination');
      await recoverAll({ ...all, proof: liveProof }, both);
      expect(tunnels.requests.map(({ sides }) => sides)).toEqual([['source']]);
    });

    it('WHEN one side is claimed by another THEN the other side is healed and the first comes back later', async () => {
      const { ledger, signals, clock, recoverAll } = bothDropped();
      ledger.put('t', 'source', { generation: 0, claim: { versionId: 'other', proofHash: 'h', until: clock.now() + SECOND } });
      await recoverAll(all, both);
      expect(ledger.row('t', 'destination')?.generation).toBe(1);
      expect(signals.sent.map(({ signal }) => signal.sides)).toEqual([['source']]);
    });

    it('WHEN the recheck of one side cannot be sent THEN the other\'s rotation is announced and counted all the same', async () => {
      const { ledger, signals, clock, announcer, witness, recoverAll } = bothDropped();
      ledger.put('t', 'source', { generation: 0, claim: { versionId: 'other', proofHash: 'h', until: clock.now() + SECOND } });
      signals.send = async () => { throw lostAnswer; };
      await expect(recoverAll(all, both)).rejects.toBe(lostAnswer);
      expect(announcer.told.map(({ side, kind }) => [side, kind])).toContainEqual(['destination', 'rotated']);
      expect(witness.saw.map(({ side, kind }) => [side, kind])).toContainEqual(['destination', 'rotated']);
    });

    it('WHEN Rotate is refused and one claim cannot be given back THEN the other one is', async () => {
      const { tunnels, ledger, recoverAll } = bothDropped();
      tunnels.onRotate = () => { throw refusal; };
      const release = ledger.release.bind(ledger);
      ledger.release = async (id, side, ...rest) => { if (side === 'source') throw lostAnswer; await release(id, side, ...rest); };
      await expect(recoverAll(all, both)).rejects.toBe(refusal);
      expect([ledger.row('t', 'source')?.claim?.versionId, ledger.row('t', 'destination')?.claim]).toEqual(['version-1', undefined]);
    });

    it('WHEN the delivery to the source fails THEN the destination is committed all the same', async () => {
      const { vault, ledger, announcer, recoverAll } = bothDropped();
      vault.onDeliver = () => { throw refusal; };
      await expect(recoverAll(all, both)).rejects.toBe(refusal);
      expect([ledger.row('t', 'source')?.generation, ledger.row('t', 'destination')?.generation]).toEqual([0, 1]);
      expect(announcer.told.map(({ side }) => side)).toEqual(['destination']);
    });

    it('WHEN the tunnel names no thing THEN the courier carries the destination\'s token', async () => {
      const { tunnels, courier, recoverAll } = bothDropped();
      if (tunnels.state.kind === 'open') tunnels.state = { ...tunnels.state, thingName: undefined };
      await recoverAll({ sides: ['destination'] }, { ...both, destinationTopic: true });
      expect(courier.carried).toEqual([{ tunnelId: 't', services: ['SSH'] }]);
    });

    it('WHEN a request names another destination THEN that one goes along, and the courier stays at home', async () => {
      const { tunnels, courier, recoverAll } = bothDropped();
      const destinationConfig = { thingName: 'spare-device', services: ['SSH'] };
      await recoverAll({ kind: 'token-request', via: 'eventbridge', sides: ['destination'], destinationConfig }, { ...both, redirection: true });
      expect([tunnels.requests[0].destination, courier.carried]).toEqual([destinationConfig, []]);
    });

    it('WHEN a request names a thing for a tunnel without one THEN AWS publishes to it, and the courier stays at home', async () => {
      const { tunnels, courier, recoverAll } = bothDropped();
      if (tunnels.state.kind === 'open') tunnels.state = { ...tunnels.state, thingName: undefined };
      const destinationConfig = { thingName: 'spare-device', services: ['SSH'] };
      const policy = { ...both, destinationTopic: true, redirection: true };
      await recoverAll({ kind: 'token-request', via: 'eventbridge', sides: ['destination'], destinationConfig }, policy);
      expect([tunnels.requests[0].destination, courier.carried]).toEqual([destinationConfig, []]);
    });

    it('WHEN the tunnel closed THEN both rows are retired', async () => {
      const { tunnels, ledger, recoverAll } = bothDropped();
      await recoverAll(all, both);
      tunnels.state = { kind: 'closed' };
      expect((await recoverAll({}, both)).map(({ kind }) => kind)).toEqual(['retired', 'retired']);
      expect(ledger.table.size).toBe(0);
    });
  });
});
