import { cleanUp, type CleanupPorts } from '../../../lambda/cleaner/cleanup';
import type { Parcel } from '../../../lambda/domain/ports';
import { ManualClock, MemoryLedger, MemoryVault } from '../../support/fakes';

const SECOND = 1_000;

/** A deployment whose rotators delivered tokens for these tunnels. */
async function deployment(...tunnels: string[]) {
  const clock = new ManualClock();
  const failed: string[] = [];
  const ledger = new MemoryLedger();
  const vault = new MemoryVault();
  const deliver = async (tunnelId: string) => {
    ledger.put(tunnelId, 'source', { generation: 1 });
    await vault.deliver({ tunnelId } as Parcel, 'version-1');
  };
  for (const tunnelId of tunnels) await deliver(tunnelId);
  const ports: CleanupPorts = {
    ledger, vault, clock,
    listed: { async *tunnelIds() { yield* vault.secrets.keys(); } },
    sleep: async (milliseconds) => clock.advance(milliseconds),
    failed: (tunnelId) => { failed.push(tunnelId); },
  };
  return { ports, clock, ledger, vault, failed, deliver, run: (time = 600 * SECOND) => cleanUp(ports, clock.now() + time) };
}

describe('cleanUp', () => {
  it('GIVEN secrets THEN all of them are deleted', async () => {
    const { run, vault } = await deployment('a', 'b', 'c');
    expect(await run()).toEqual({ destroyed: 3, failed: 0, complete: true });
    expect(vault.secrets.size).toBe(0);
  });

  it('GIVEN a secret whose row is lost THEN it is deleted as well, and each once', async () => {
    const { run, ports, vault } = await deployment('a', 'b');
    Object.assign(ports, { ledger: new MemoryLedger() });
    expect(await run()).toEqual({ destroyed: 2, failed: 0, complete: true });
    expect(vault.secrets.size).toBe(0);
  });

  it('GIVEN a secret too new to be listed THEN its row tells of it', async () => {
    const { run, ports, vault } = await deployment('a');
    Object.assign(ports, { listed: { async *tunnelIds() { /* none yet */ } } });
    expect(await run()).toEqual({ destroyed: 1, failed: 0, complete: true });
    expect(vault.secrets.size).toBe(0);
  });

  it('GIVEN no rows THEN there is nothing to do', async () => {
    const { run } = await deployment();
    expect(await run()).toEqual({ destroyed: 0, failed: 0, complete: true });
  });

  it('GIVEN a destination THEN nothing is asked for: its token lies nowhere', async () => {
    const { run, ledger } = await deployment();
    ledger.put('a', 'destination', { generation: 3 });
    expect(await run()).toEqual({ destroyed: 0, failed: 0, complete: true });
  });

  it('GIVEN a rotator in its last invocation WHEN it still delivers THEN that secret goes as well', async () => {
    const { run, ports, clock, vault, deliver } = await deployment('a');
    const began = clock.now();
    let late = false;
    const sleep = async (milliseconds: number) => {
      clock.advance(milliseconds);
      if (late || clock.now() < began + 20 * SECOND) return;
      late = true;
      await deliver('late');
    };
    Object.assign(ports, { sleep });

    expect(await run()).toMatchObject({ destroyed: 2 });
    expect(vault.secrets.size).toBe(0);
  });

  it('GIVEN a secret that can\'t be deleted THEN the others are, and it is reported', async () => {
    const { run, vault, failed } = await deployment('a', 'b', 'c');
    const destroy = vault.destroy.bind(vault);
    vault.destroy = async (tunnelId) => { if (tunnelId === 'b') throw new Error('no'); else await destroy(tunnelId); };

    expect(await run()).toEqual({ destroyed: 2, failed: 1, complete: true });
    expect(failed).toEqual(['b']);
  });

  it('WHEN time runs out THEN it stops and says so', async () => {
    const { run, vault, clock } = await deployment('a', 'b', 'c');
    const destroy = vault.destroy.bind(vault);
    vault.destroy = async (tunnelId) => { clock.advance(10 * SECOND); await destroy(tunnelId); };

    expect(await run(45 * SECOND)).toEqual({ destroyed: 2, failed: 0, complete: false });
  });

  it('GIVEN a ledger that can\'t be read THEN that is a failure, not an empty ledger', async () => {
    const { run, ports } = await deployment('a');
    Object.assign(ports, { ledger: { async *rows() { throw new Error('denied'); } } });
    await expect(run()).rejects.toThrow('denied');
  });
});
