import { Scheduler } from '../../simulation/scheduler';
import type { Tunnel } from '../../simulation/tunneling';
import { Waits, type Evidence } from '../../simulation/waits';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const VERSION = 'version-0-1';

/** A source that dropped, whose end shows, and that looks as if it had never used its token: only its own proof can help it. */
function waiting() {
  const scheduler = new Scheduler();
  const violations: string[] = [];
  const tunnel = { index: 0, id: 't', source: { live: { text: 'x', spent: true, revoked: false }, shown: { status: 'DISCONNECTED' } } } as Tunnel;
  const evidence = {
    scheduler, isCalm: false, conditions: { weather: { skew: 0, slowCalls: 0 }, policy: {}, unknowns: {} }, ledger: { read: () => undefined }, vault: { secrets: new Map() },
    violate: (invariant: number, _: Tunnel, words: string) => violations.push(`${invariant}: ${words}`),
  } as unknown as Evidence;
  const waits = new Waits(evidence, () => true);
  const pass = async (time: number) => {
    const end = scheduler.now + time;
    scheduler.at(end, () => undefined);
    await scheduler.run(() => scheduler.now >= end || violations.length > 0); // as a world does, which ends with its first
  };
  waits.begin(tunnel, 'source', VERSION);
  waits.shows(tunnel, 'source');
  return { scheduler, violations, tunnel, waits, pass };
}

describe('the bound of a wait for a token', () => {
  it('GIVEN a proof WHEN nobody answers it THEN that is a violation', async () => {
    const { violations, tunnel, waits, pass } = waiting();
    waits.said(tunnel, VERSION);
    await pass(10 * MINUTE);
    expect(violations[0]).toMatch(/^9: .* \(proof\)/);
  });

  it('GIVEN a proof WHEN its message becomes a dead letter THEN it was never said', async () => {
    const { scheduler, violations, tunnel, waits, pass } = waiting();
    waits.said(tunnel, VERSION);
    const since = scheduler.now + 100;
    await pass(2 * MINUTE);
    waits.buried(tunnel, 'source', since);
    await pass(10 * MINUTE);
    expect(violations).toEqual([]);
  });

  it('GIVEN a proof WHEN it is said again after the dead letter THEN it is to be answered', async () => {
    const { scheduler, violations, tunnel, waits, pass } = waiting();
    waits.said(tunnel, VERSION);
    waits.buried(tunnel, 'source', scheduler.now + 100);
    waits.said(tunnel, VERSION);
    await pass(10 * MINUTE);
    expect(violations[0]).toMatch(/^9: .* \(proof\)/);
  });

  it('GIVEN a proof WHEN a message of an earlier drop becomes a dead letter THEN the proof is to be answered all the same', async () => {
    const { scheduler, violations, tunnel, waits, pass } = waiting();
    const earlier = scheduler.now - MINUTE;
    waits.said(tunnel, VERSION);
    waits.buried(tunnel, 'source', earlier);
    await pass(10 * MINUTE);
    expect(violations[0]).toMatch(/^9: .* \(proof\)/);
  });
});
