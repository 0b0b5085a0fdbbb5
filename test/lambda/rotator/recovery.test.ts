import { DependencyError, OutOfTimeError, type FailureKind } from '../../../lambda/domain/errors';
import { Confidential } from '../../../lib/confidential';
import { hashOf } from '../../../lambda/proof';
import type { Observation, Signal } from '../../../lambda/domain/vocabulary';
import { CLAIM_MARGIN } from '../../../lambda/rotator/claims';
import { DEFAULT_POLICY, type Policy } from '../../../lambda/domain/policy';
import { recover } from '../../../lambda/rotator/recovery';
import { FakeTunnels, invocation, ManualClock, MemoryAnnouncer, MemoryCourier, MemoryLedger, MemorySignals, MemoryVault } from '../../support/fakes';

const SECOND = 1_000;
const liveProof = new Confidential('live-proof');
const refusal = new DependencyError('Some.Call', 'refused', 'Refused', true);
const lostAnswer = new DependencyError('Some.Call', 'unavailable', 'TimeoutError', false);

/** A tunnel that was used and dropped a second ago; nothing in the ledger. */
function dropped() {
  const clock = new ManualClock();
  const createdAt = clock.now() - 600 * SECOND;
  const open: Observation = {
    kind: 'open', createdAt, expiresAt: createdAt + 43_200 * SECOND, services: ['SSH'], thingName: 'device-1', tags: {},
    destination: { status: 'CONNECTED', lastUpdatedAt: createdAt + SECOND },
    source: { status: 'DISCONNECTED', lastUpdatedAt: clock.now() - SECOND },
  };
  const ports = {
    tunnels: new FakeTunnels(open), ledger: new MemoryLedger(), vault: new MemoryVault(), courier: new MemoryCourier(), signals: new MemorySignals(),
    announcer: new MemoryAnnouncer(), clock,
  };
  const signal: Signal = { tunnelId: 't', sides: ['source'], kind: 'drop', via: 'mqtt', since: clock.now(), attempt: 0 };
  const recoverAll = (over: Partial<Signal> = {}, policy: Partial<Policy> = {}, timeLeft?: number) =>
    recover({ ...signal, ...over }, ports, invocation(clock, timeLeft), { ...DEFAULT_POLICY, ...policy });
  /** For signals of one side. */
  const recoverIt = async (over: Partial<Signal> = {}, timeLeft?: number) => (await recoverAll(over, {}, timeLeft))[0];
  return { ...ports, recoverIt, recoverAll };
}

describe('recover', () => {
  it('GIVEN a drop WHEN it is signalled THEN one token is rotated, delivered, committed and announced', async () => {
    const { tunnels, ledger, vault, announcer, recoverIt } = dropped();
    const fence = tunnels.state.kind === 'open' ? tunnels.state.source.lastUpdatedAt : undefined;
    const outcome = await recoverIt();
    expect(outcome).toEqual({ kind: 'rotated', side: 'source', generation: 1, recoveryTime: SECOND, committed: true });
    expect(tunnels.rotations).toBe(1);
    expect(vault.secrets.get('t')).toMatchObject({ versionId: 'version-1', parcel: { generation: 1, services: ['SSH'], tunnelId: 't' } });
    expect(ledger.row('t')).toMatchObject({ generation: 1, versionId: 'version-1', fence, claim: undefined });
    expect(announcer.told).toEqual([outcome]);
  });

  it('GIVEN Rotate moves the timestamp THEN the fence is read after it, and a second signal finds the token unused', async () => {
    const { tunnels, clock, recoverIt } = dropped();
    tunnels.onRotate = () => tunnels.show({ status: 'DISCONNECTED', lastUpdatedAt: clock.now() + 5 });
    await recoverIt();
    clock.advance(30 * SECOND);
    expect(await recoverIt()).toMatchObject({ kind: 'held', reason: 'unused' });
    expect(tunnels.rotations).toBe(1);
  });

  it('GIVEN the source came back while we claimed THEN the second look gives the claim and the budget back', async () => {
    const { tunnels, ledger, clock, recoverIt } = dropped();
    tunnels.onObserve = () => tunnels.observations === 2 && tunnels.show({ status: 'CONNECTED', lastUpdatedAt: clock.now() });
    expect(await recoverIt()).toMatchObject({ kind: 'held', reason: 'connected' });
    expect(tunnels.rotations).toBe(0);
    expect(ledger.row('t')).toMatchObject({ generation: 0, claim: undefined, budget: undefined });
  });

  it('GIVEN an expired claim WHEN the second look holds THEN the doubt stays in the row', async () => {
    const { tunnels, ledger, clock, recoverIt } = dropped();
    const doubt = { versionId: 'doubtful-version', proofHash: 'h', until: clock.now() - 1 };
    ledger.put('t', 'source', { generation: 1, fence: 0, versionId: 'old-version', deliveredAt: 0, claim: doubt });
    tunnels.onObserve = () => tunnels.observations === 2 && tunnels.show({ status: 'CONNECTED', lastUpdatedAt: clock.now() });
    await recoverIt();
    expect(ledger.row('t')?.claim).toEqual(doubt);
  });

  it('GIVEN a proof of the live token THEN there is no second look', async () => {
    const { tunnels, ledger, clock, recoverIt } = dropped();
    ledger.put('t', 'source', { generation: 1, fence: 0, versionId: 'live-version', proofHash: hashOf(liveProof), deliveredAt: clock.now() });
    tunnels.show({ status: 'CONNECTED', lastUpdatedAt: clock.now() - SECOND });
    expect(await recoverIt({ proof: liveProof })).toMatchObject({ kind: 'rotated', generation: 2 });
    expect(tunnels.observations).toBe(2); // once to decide, once for the fence
  });

  it('GIVEN a race for the claim that is lost THEN the signal comes back with its proof when the winner is certainly dead', async () => {
    const { ledger, clock, signals, recoverIt } = dropped();
    ledger.put('t', 'source', { generation: 1, fence: 0, versionId: 'live-version', proofHash: hashOf(liveProof), deliveredAt: clock.now() });
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

  it('GIVEN a tunnel that closes between Rotate and delivery THEN nothing is delivered and it is looked at again', async () => {
    const { tunnels, vault, signals, recoverIt } = dropped();
    tunnels.onRotate = () => { tunnels.state = { kind: 'closed' }; };
    expect(await recoverIt()).toMatchObject({ kind: 'held', reason: 'tunnel-closed' });
    expect(vault.secrets.size).toBe(0);
    expect(signals.sent).toHaveLength(1);
  });

  it('GIVEN too little time left THEN nothing is begun', async () => {
    const { tunnels, ledger, recoverIt } = dropped();
    await expect(recoverIt({}, SECOND)).rejects.toBeInstanceOf(OutOfTimeError);
    expect([tunnels.rotations, ledger.table.size]).toEqual([0, 0]);
  });

  describe('GIVEN a failure', () => {
    it('WHEN Rotate is refused THEN the claim is given back but the budget is paid', async () => {
      const { tunnels, ledger, recoverIt } = dropped();
      tunnels.onRotate = () => { throw refusal; };
      await expect(recoverIt()).rejects.toBe(refusal);
      expect(ledger.row('t')).toMatchObject({ generation: 0, claim: undefined, budget: { tokens: 9 } });
    });

    it('WHEN Rotate is unanswered THEN it may still land, so the claim outlasts it', async () => {
      const { tunnels, ledger, clock, recoverIt } = dropped();
      tunnels.onRotate = () => { throw lostAnswer; };
      await expect(recoverIt()).rejects.toBe(lostAnswer);
      expect(ledger.row('t')?.claim?.until).toBe(clock.now() + 20 * SECOND + CLAIM_MARGIN);
    });

    it('WHEN the fence cannot be read THEN nobody can have the token, so the claim is given back', async () => {
      const { tunnels, ledger, recoverIt } = dropped();
      tunnels.onObserve = () => { if (tunnels.rotations > 0) throw lostAnswer; };
      await expect(recoverIt()).rejects.toBe(lostAnswer);
      expect(ledger.row('t')).toMatchObject({ generation: 0, claim: undefined });
    });

    it('WHEN the delivery is throttled THEN the claim is given back, and the next try may follow at once', async () => {
      const { vault, ledger, recoverIt } = dropped();
      const throttled = new DependencyError('SecretsManager.PutSecretValue', 'unavailable', 'ThrottlingException', true);
      vault.onDeliver = () => { throw throttled; };
      await expect(recoverIt()).rejects.toBe(throttled);
      expect(ledger.row('t')).toMatchObject({ claim: undefined, budget: { tokens: 9 } });
      vault.onDeliver = () => undefined;
      expect(await recoverIt()).toMatchObject({ kind: 'rotated' });
    });

    it.each<[string, FailureKind]>([
      ['LimitExceededException', 'refused'], ['AccessDeniedException', 'access-denied'], ['EncryptionFailure', 'access-denied'],
    ])('WHEN the delivery is refused with %s THEN no token is burnt until the bucket refills', async (code, kind) => {
      const { tunnels, vault, ledger, clock, recoverIt } = dropped();
      const refused = new DependencyError('SecretsManager.PutSecretValue', kind, code, true);
      vault.onDeliver = () => { throw refused; };
      await expect(recoverIt()).rejects.toBe(refused);
      expect(ledger.row('t')).toMatchObject({ claim: undefined, budget: { tokens: 0, at: clock.now() } });
      expect(await recoverIt()).toMatchObject({ kind: 'held', reason: 'flapping' });
      expect(tunnels.rotations).toBe(1);
    });

    it('WHEN the delivery is refused for good after several attempts THEN the claim stays, and no token is burnt either', async () => {
      const { vault, ledger, clock, recoverIt } = dropped();
      const limit = new DependencyError('SecretsManager.PutSecretValue', 'refused', 'LimitExceededException', false);
      vault.onDeliver = () => { throw limit; };
      await expect(recoverIt()).rejects.toBe(limit);
      expect(ledger.row('t')).toMatchObject({ claim: { versionId: 'version-1' }, budget: { tokens: 0, at: clock.now() } });
    });

    it('WHEN the delivery is unanswered THEN the claim stays, names the version in doubt, and outlives the invocation', async () => {
      const { vault, ledger, clock, recoverIt } = dropped();
      vault.onDeliver = () => { throw lostAnswer; };
      await expect(recoverIt()).rejects.toBe(lostAnswer);
      expect(ledger.row('t')?.claim).toEqual({ versionId: 'version-1', proofHash: hashOf(new Confidential('proof-1')), until: clock.now() + 20 * SECOND + CLAIM_MARGIN });
    });

    it('WHEN the commit fails after the delivery THEN the claim stays', async () => {
      const { ledger, recoverIt } = dropped();
      ledger.commit = async () => { throw refusal; };
      await expect(recoverIt()).rejects.toBe(refusal);
      expect(ledger.row('t')?.claim).toMatchObject({ versionId: 'version-1' });
    });
  });

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
