import { Confidential } from '../../../lib/confidential';
import { hashOf } from '../../../lambda/proof';
import type { Histories, History, Signal } from '../../../lambda/domain/vocabulary';
import { RowsAhead } from '../../../lambda/rotator/rows-ahead';
import { dropped, liveProof, refusal, SECOND } from './dropped';

const signal = (tunnelId: string, since: number, over: Partial<Signal> = {}): Signal =>
  ({ tunnelId, sides: ['source'], kind: 'drop', via: 'mqtt', since, attempt: 0, ...over });

/** A ledger that answers when it is told to. */
function slowLedger() {
  const asked: string[] = [];
  return { asked, read: (tunnelId: string) => { asked.push(tunnelId); return new Promise<Histories>(() => undefined); } };
}

describe('the rows of a batch', () => {
  it('GIVEN signals that waited THEN their rows are read at once, each once, and nobody else\'s', () => {
    const ledger = slowLedger();
    const now = 60 * SECOND;
    new RowsAhead(ledger, [
      signal('a', now - 3 * SECOND), signal('b', now - 9 * SECOND), signal('a', now - 5 * SECOND), signal('fresh', now - SECOND),
      signal('recheck', now - 9 * SECOND, { attempt: 1 }), signal('asked', now - 9 * SECOND, { kind: 'token-request' }),
      signal('both', now - 9 * SECOND, { sides: ['source', 'destination'] }),
    ], now);
    expect(ledger.asked).toEqual(['a', 'b']);
  });

  it('GIVEN two signals about one tunnel THEN the second one\'s row is read in its turn, since the first may have changed it', async () => {
    const { ledger, clock } = dropped();
    ledger.put('t', 'source', { generation: 1 });
    const ahead = new RowsAhead(ledger, [signal('t', clock.now() - 3 * SECOND)], clock.now());
    ledger.put('t', 'source', { generation: 2 });
    expect([(await ahead.read('t')).source?.generation, (await ahead.read('t')).source?.generation]).toEqual([1, 2]);
  });

  it('GIVEN a row that could not be read THEN its own signal fails, and no other', async () => {
    const { ledger, clock } = dropped();
    const failing = { read: (tunnelId: string) => (tunnelId === 'broken' ? Promise.reject(refusal) : ledger.read(tunnelId)) };
    const ahead = new RowsAhead(failing, [signal('broken', 0), signal('t', 0)], clock.now());
    await new Promise(setImmediate); // a rejection that nobody awaits yet ends no process
    await expect(ahead.read('t')).resolves.toBeDefined();
    await expect(ahead.read('broken')).rejects.toBe(refusal);
  });
});

describe('GIVEN the row was read when the batch began', () => {
  const delivered = (at: number): History => ({ generation: 3, versionId: 'v', proofHash: hashOf(liveProof), fence: at, deliveredAt: at });

  it('WHEN a token had been delivered since the signal was sent THEN the signal is answered, whatever the row says by now', async () => {
    const { ledger, clock, tunnels, recoverAll } = dropped();
    clock.advance(60 * SECOND);
    ledger.put('t', 'source', delivered(clock.now()));
    clock.advance(20 * SECOND);
    const since = clock.now() - 30 * SECOND;
    const ahead = new RowsAhead(ledger, [signal('t', since)], clock.now());
    ledger.put('t', 'source', { ...delivered(clock.now()), generation: 4 });
    expect(await recoverAll({ since, proof: new Confidential('former-proof') }, {}, undefined, { ahead })).toEqual([]);
    expect({ looks: tunnels.observations, rotations: tunnels.rotations }).toEqual({ looks: 0, rotations: 0 });
  });

  it.each<[string, Partial<Signal>]>([
    ['a hint', {}], ['the proof of the token before', { proof: liveProof }],
  ])('WHEN another rotator delivers before its turn THEN %s is looked at, and rotates nothing', async (_, over) => {
    const { ledger, clock, tunnels, recoverAll } = dropped();
    ledger.put('t', 'source', delivered(clock.now() - 60 * SECOND));
    clock.advance(20 * SECOND);
    const since = clock.now() - 19 * SECOND;
    const ahead = new RowsAhead(ledger, [signal('t', since)], clock.now());
    ledger.put('t', 'source', { ...delivered(clock.now()), generation: 4, proofHash: hashOf(new Confidential('next-proof')) });
    expect(await recoverAll({ since, ...over }, {}, undefined, { ahead })).toMatchObject([{ kind: 'held' }]);
    expect(tunnels.rotations).toBe(0);
  });

  it('WHEN another rotator claims before its turn THEN its claim is respected', async () => {
    const { ledger, clock, tunnels, recoverAll } = dropped();
    ledger.put('t', 'source', delivered(clock.now() - 60 * SECOND));
    clock.advance(20 * SECOND);
    const since = clock.now() - 19 * SECOND;
    const ahead = new RowsAhead(ledger, [signal('t', since)], clock.now());
    ledger.put('t', 'source', { ...delivered(clock.now() - 80 * SECOND), claim: { versionId: 'x', proofHash: 'y', until: clock.now() + 20 * SECOND } });
    expect(await recoverAll({ since, proof: liveProof }, {}, undefined, { ahead })).toMatchObject([{ kind: 'held', reason: 'claimed' }]);
    expect(tunnels.rotations).toBe(0);
  });
});
