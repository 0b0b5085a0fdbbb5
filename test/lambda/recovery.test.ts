import { DependencyError, OutOfTimeError } from '../../lambda/domain/errors';
import type { Observation, Signal } from '../../lambda/domain/vocabulary';
import { CLAIM_MARGIN, recover } from '../../lambda/recovery';
import { FakeTunnels, invocation, ManualClock, MemoryAnnouncer, MemoryLedger, MemorySignals, MemoryVault } from '../support/fakes';

const SECOND = 1_000;
const refusal = new DependencyError('Some.Call', 'refused', 'Refused', true);
const lostAnswer = new DependencyError('Some.Call', 'unavailable', 'TimeoutError', false);

/** A tunnel that was used and dropped a second ago; nothing in the ledger. */
function dropped() {
  const clock = new ManualClock();
  const createdAt = clock.now() - 600 * SECOND;
  const open: Observation = {
    kind: 'open', createdAt, expiresAt: createdAt + 43_200 * SECOND, services: ['SSH'], thingName: 'device-1',
    source: { status: 'DISCONNECTED', lastUpdatedAt: clock.now() - SECOND },
  };
  const ports = {
    tunnels: new FakeTunnels(open), ledger: new MemoryLedger(), vault: new MemoryVault(), signals: new MemorySignals(),
    announcer: new MemoryAnnouncer(), clock,
  };
  const signal: Signal = { tunnelId: 't', side: 'source', via: 'mqtt', since: clock.now(), attempt: 0 };
  const recoverIt = (over: Partial<Signal> = {}, timeLeft?: number) =>
    recover({ ...signal, ...over }, ports, invocation(clock, timeLeft));
  return { ...ports, recoverIt };
}

describe('recover', () => {
  it('GIVEN a drop WHEN it is signalled THEN one token is rotated, delivered, committed and announced', async () => {
    const { tunnels, ledger, vault, announcer, recoverIt } = dropped();
    const fence = tunnels.state.kind === 'open' ? tunnels.state.source.lastUpdatedAt : undefined;
    const outcome = await recoverIt();
    expect(outcome).toEqual({ kind: 'rotated', generation: 1, recoveryTime: SECOND, committed: true });
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
    const doubt = { versionId: 'doubtful-version', until: clock.now() - 1 };
    ledger.put('t', 'source', { generation: 1, fence: 0, versionId: 'old-version', deliveredAt: 0, claim: doubt });
    tunnels.onObserve = () => tunnels.observations === 2 && tunnels.show({ status: 'CONNECTED', lastUpdatedAt: clock.now() });
    await recoverIt();
    expect(ledger.row('t')?.claim).toEqual(doubt);
  });

  it('GIVEN a proof of the live version THEN there is no second look', async () => {
    const { tunnels, ledger, clock, recoverIt } = dropped();
    ledger.put('t', 'source', { generation: 1, fence: 0, versionId: 'live-version', deliveredAt: clock.now() });
    tunnels.show({ status: 'CONNECTED', lastUpdatedAt: clock.now() - SECOND });
    expect(await recoverIt({ proof: 'live-version' })).toMatchObject({ kind: 'rotated', generation: 2 });
    expect(tunnels.observations).toBe(2); // once to decide, once for the fence
  });

  it('GIVEN two recoveries that saw the same drop THEN one rotates and the other is held', async () => {
    const { tunnels, recoverIt } = dropped();
    const outcomes = await Promise.all([recoverIt(), recoverIt()]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['held', 'rotated']);
    expect(tunnels.rotations).toBe(1);
  });

  it('GIVEN the claim is standing THEN the signal comes back when it has expired', async () => {
    const { ledger, signals, clock, recoverIt } = dropped();
    ledger.put('t', 'source', { generation: 0, claim: { versionId: 'other', until: clock.now() + 7 * SECOND } });
    await recoverIt({ proof: 'live-version' });
    expect(signals.sent).toEqual([{ signal: expect.objectContaining({ attempt: 1, proof: 'live-version' }), delay: 7 * SECOND + 1 }]);
  });

  it('GIVEN a tunnel that closed THEN its secret goes first and its row last', async () => {
    const { tunnels, ledger, vault, recoverIt } = dropped();
    await recoverIt();
    tunnels.state = { kind: 'closed' };
    expect(await recoverIt()).toEqual({ kind: 'retired', reason: 'tunnel-closed' });
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
    it.each([['refused', refusal], ['unanswered', lostAnswer]])(
      'WHEN Rotate is %s THEN nothing can have been delivered, so the claim is given back but the budget is paid', async (_, error) => {
        const { tunnels, ledger, recoverIt } = dropped();
        tunnels.onRotate = () => { throw error; };
        await expect(recoverIt()).rejects.toBe(error);
        expect(ledger.row('t')).toMatchObject({ generation: 0, claim: undefined, budget: { tokens: 9 } });
      });

    it('WHEN the delivery is refused THEN the claim is given back', async () => {
      const { vault, ledger, recoverIt } = dropped();
      vault.onDeliver = () => { throw refusal; };
      await expect(recoverIt()).rejects.toBe(refusal);
      expect(ledger.row('t')?.claim).toBeUndefined();
    });

    it('WHEN the delivery is unanswered THEN the claim stays, names the version in doubt, and outlives the invocation', async () => {
      const { vault, ledger, clock, recoverIt } = dropped();
      vault.onDeliver = () => { throw lostAnswer; };
      await expect(recoverIt()).rejects.toBe(lostAnswer);
      expect(ledger.row('t')?.claim).toEqual({ versionId: 'version-1', until: clock.now() + 20 * SECOND + CLAIM_MARGIN });
    });

    it('WHEN the commit fails after the delivery THEN the claim stays', async () => {
      const { ledger, recoverIt } = dropped();
      ledger.commit = async () => { throw refusal; };
      await expect(recoverIt()).rejects.toBe(refusal);
      expect(ledger.row('t')?.claim).toMatchObject({ versionId: 'version-1' });
    });
  });
});
