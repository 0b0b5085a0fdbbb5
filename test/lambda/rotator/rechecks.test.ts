import { Confidential } from '../../../lib/confidential';
import { hashOf } from '../../../lambda/proof';
import type { Observation, Signal } from '../../../lambda/domain/vocabulary';
import { Rechecks } from '../../../lambda/rotator/rechecks';
import { recover } from '../../../lambda/rotator/recovery';
import {
  FakeTunnels, invocation, ManualClock, MemoryAnnouncer, MemoryCourier, MemoryLedger, MemorySignals, MemoryVault, MemoryWitness,
} from '../../support/fakes';

const SECOND = 1_000;
const liveProof = new Confidential('live-proof');

/** A healthy tunnel, a token of ours in use, and one instance that works off a queue of signals about it. */
function noisy() {
  const clock = new ManualClock();
  const start = clock.now();
  const healthy: Observation = {
    kind: 'open', at: start, createdAt: start - 600 * SECOND, expiresAt: start + 43_200 * SECOND, services: [], tags: {},
    source: { status: 'CONNECTED', lastUpdatedAt: start - 60 * SECOND }, destination: { status: 'CONNECTED' },
  };
  const ledger = new MemoryLedger();
  ledger.put('t', 'source', { generation: 1, fence: start - 90 * SECOND, versionId: 'v', proofHash: hashOf(liveProof), deliveredAt: start - 90 * SECOND });
  const ports = {
    tunnels: new FakeTunnels(healthy), ledger, vault: new MemoryVault(), courier: new MemoryCourier(), signals: new MemorySignals(),
    announcer: new MemoryAnnouncer(), witness: new MemoryWitness(), clock, rechecks: new Rechecks(),
  };
  let reads = 0;
  const read = ledger.read.bind(ledger);
  ledger.read = async (id) => { reads += 1; return read(id); };

  const hint = (over: Partial<Signal> = {}): Signal => ({ tunnelId: 't', sides: ['source'], kind: 'drop', via: 'mqtt', since: clock.now(), attempt: 0, ...over });
  const take = (signal: Signal) => recover(signal, ports, invocation(clock));
  let waiting: { signal: Signal; due: number }[] = [];
  let longest = 0;
  ports.signals.send = async (news, delay = 0) => {
    if ('tunnelId' in news) waiting.push({ signal: news, due: clock.now() + Math.ceil(delay / SECOND) * SECOND });
    longest = Math.max(longest, waiting.length);
  };
  /** Time passes, and the rechecks that become due are worked off. */
  async function pass(milliseconds: number): Promise<void> {
    clock.advance(milliseconds);
    const due = waiting.filter((one) => one.due <= clock.now());
    waiting = waiting.filter((one) => one.due > clock.now());
    for (const { signal } of due) await take(signal);
  }
  const calls = () => ports.tunnels.observations + ports.vault.inspections + reads;
  return { ...ports, hint, take, pass, calls, longest: () => longest, waiting: () => waiting };
}

describe('one client that sends twenty hints a second about a healthy tunnel, for ten minutes', () => {
  it.each<[string, (index: number) => Partial<Signal>]>([
    ['without a proof', () => ({})],
    ['with proofs that are none', (index) => ({ proof: new Confidential(`junk-${index}`) })],
  ])('GIVEN they come %s THEN they share their looks, and nothing piles up', async (_, over) => {
    const { hint, take, pass, calls, longest, tunnels } = noisy();
    for (let sent = 0; sent < 20 * 600; sent += 1) {
      await take(hint(over(sent)));
      await pass(50);
    }
    expect(tunnels.rotations).toBe(0);
    expect(calls() / (20 * 600)).toBeLessThan(1.2);
    expect(tunnels.observations / 600).toBeLessThan(1.1); // looks a second
    expect(longest()).toBeLessThan(20);
  });

  it('GIVEN it goes on WHEN the owner proves a drop THEN that is believed at once', async () => {
    const { hint, take, pass } = noisy();
    for (let sent = 0; sent < 60; sent += 1) {
      await take(hint());
      await pass(50);
    }
    await take(hint());
    expect(await take(hint({ proof: liveProof }))).toMatchObject([{ kind: 'rotated' }]);
  });

  it('GIVEN it goes on WHEN the source really drops THEN the next look, within two seconds, finds it', async () => {
    const { hint, take, pass, tunnels, clock } = noisy();
    for (let sent = 0; sent < 100; sent += 1) {
      await take(hint());
      await pass(50);
    }
    tunnels.show({ status: 'DISCONNECTED', lastUpdatedAt: clock.now() });
    const droppedAt = clock.now();
    while (tunnels.rotations === 0 && clock.now() < droppedAt + 10 * SECOND) {
      await take(hint());
      await pass(50);
    }
    expect(clock.now() - droppedAt).toBeLessThanOrEqual(2 * SECOND + 100);
  });
});

describe('a chain of rechecks', () => {
  const grace = [{ kind: 'held', side: 'destination', reason: 'grace', recheckAfter: 30 * SECOND }] as const;
  const flapping = [{ kind: 'held', side: 'source', reason: 'flapping', recheckAfter: 480 * SECOND }] as const;
  const said = (since: number, over: Partial<Signal> = {}): Signal => ({ tunnelId: 't', sides: ['source'], kind: 'drop', via: 'mqtt', since, attempt: 0, ...over });

  it('GIVEN a look that is planned WHEN a device speaks of a later drop THEN the look, whose signal is older than that, does not answer it', () => {
    const rechecks = new Rechecks();
    rechecks.found(said(0), grace, 30 * SECOND, 0);
    expect([1, 3].map((seconds) => rechecks.cover(said(seconds * SECOND), seconds * SECOND))).toEqual([true, false]);
  });

  it.each([
    ['source', 1, true], ['source', 2, false], ['destination', 1, false],
  ] as const)('GIVEN a look at a %s that follows look %i of an older signal WHEN a hint comes moments before it THEN it is answered: %s', (side, attempt, isAnswered) => {
    const rechecks = new Rechecks();
    const connected = [{ kind: 'held', side, reason: 'connected', recheckAfter: 16 * SECOND }] as const;
    rechecks.found(said(0, { sides: [side], attempt }), connected, 16 * SECOND, 14 * SECOND);
    expect(rechecks.cover(said(29 * SECOND, { sides: [side] }), 29 * SECOND)).toBe(isAnswered);
  });

  it('GIVEN a wait of minutes WHEN twenty hints a second come THEN one of them every other second is looked at, and none waits beside the first', () => {
    const rechecks = new Rechecks();
    let [looks, messages] = [0, 0];
    for (let now = 0; now < 400 * SECOND; now += 50) {
      const signal = said(now);
      if (rechecks.cover(signal, now)) continue;
      looks += 1;
      const delay = 480 * SECOND - now;
      if (!rechecks.needs(signal, delay, now)) continue;
      messages += 1;
      rechecks.found(signal, flapping, delay, now);
    }
    expect(messages).toBe(1);
    expect(looks / 200).toBeCloseTo(1, 0);
  });

  it('GIVEN a proof that cannot be used yet WHEN hints come after it THEN its own recheck goes on', async () => {
    const { hint, take, pass, ledger, clock, waiting } = noisy();
    const row = ledger.row('t')!;
    ledger.put('t', 'source', { ...row, claim: { versionId: 'x', proofHash: 'y', until: clock.now() + 5 * SECOND } });
    await take(hint({ proof: liveProof }));
    expect(waiting().map(({ signal }) => signal.proof === liveProof)).toEqual([true]);
    await pass(SECOND);
    await take(hint());
    ledger.put('t', 'source', row);
    await pass(5 * SECOND);
    expect(ledger.row('t')?.generation).toBe(2);
  });

  it('GIVEN a rotator that died over its claim THEN the noise until that ends costs one look in two seconds, and a hint after that is looked at', async () => {
    const { hint, take, pass, ledger, clock, tunnels } = noisy();
    const row = ledger.row('t')!;
    ledger.put('t', 'source', { ...row, claim: { versionId: 'x', proofHash: 'y', until: clock.now() + 25 * SECOND } });
    for (let sent = 0; sent < 20 * 20; sent += 1) {
      await take(hint());
      await pass(50);
    }
    expect(tunnels.observations).toBeGreaterThanOrEqual(5);
    expect(tunnels.observations).toBeLessThanOrEqual(11);
    ledger.put('t', 'source', row);
    tunnels.show({ status: 'DISCONNECTED', lastUpdatedAt: clock.now() });
    await pass(2 * SECOND);
    await take(hint());
    expect(tunnels.rotations).toBe(1);
  });

  it('GIVEN a younger one about the same THEN the older one ends, and the younger looks to its end', async () => {
    const { hint, take, pass, waiting, tunnels } = noisy();
    await take(hint());
    await pass(3 * SECOND);
    await take(hint());
    expect(waiting().length).toBe(2);
    for (let second = 0; second < 5; second += 1) await pass(SECOND);
    expect(waiting().length).toBe(1);
    const looks = tunnels.observations;
    for (let second = 0; second < 70; second += 1) await pass(SECOND);
    expect(waiting().length).toBe(0);
    expect(tunnels.observations - looks).toBeGreaterThan(2);
  });

  it('GIVEN very many tunnels THEN those that are over are forgotten', () => {
    const rechecks = new Rechecks();
    const held = [{ kind: 'held', side: 'source', reason: 'connected', recheckAfter: 2_000 }] as const;
    const about = (index: number): Signal => ({ tunnelId: `t${index}`, sides: ['source'], kind: 'drop', via: 'mqtt', since: index, attempt: 0 });
    for (let index = 0; index < 6_000; index += 1) rechecks.found(about(index), held, 2_000, index * 100);
    expect((rechecks as unknown as { spans: Map<string, unknown> }).spans.size).toBeLessThan(5_000);
  });
});
