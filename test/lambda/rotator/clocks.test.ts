import { Confidential } from '../../../lib/confidential';
import type { Deposit, OpenTunnel } from '../../../lambda/domain/vocabulary';
import { reconcile } from '../../../lambda/domain/reconcile';
import { DEFAULT_POLICY } from '../../../lambda/domain/policy';
import { dropped, SECOND } from './dropped';

const HOUR = 3_600 * SECOND;

/** An instance whose clock is off delivers a token; it is used half a minute later; then other instances, whose clocks are right, come by. */
async function deliveredBy(off: number) {
  const world = dropped();
  const { tunnels, clock, rechecks } = world;
  const start = clock.now();
  tunnels.fence = start + SECOND;
  clock.advance(off);
  await world.recoverIt({ since: start });
  clock.advance(30 * SECOND - off);
  const show = (source: OpenTunnel['source']) => {
    Object.assign(tunnels.state, { at: clock.now() });
    tunnels.show(source);
  };
  return { ...world, rechecks, show, start, since: clock.now() };
}

describe.each([-HOUR, HOUR])('GIVEN a token that an instance delivered whose clock is %d ms off', (off) => {
  it('WHEN a hint comes about a connected side THEN it is looked at again: the service may be slow to notice', async () => {
    const { show, clock, since, signals, recoverIt } = await deliveredBy(off);
    show({ status: 'CONNECTED', lastUpdatedAt: clock.now() });
    expect(await recoverIt({ since })).toMatchObject({ kind: 'held', reason: 'connected', recheckAfter: 2 * SECOND });
    expect(signals.sent).toHaveLength(1);
  });

  it('WHEN it was not used THEN it is left alone', async () => {
    const { show, start, since, tunnels, recoverIt } = await deliveredBy(off);
    show({ status: 'DISCONNECTED', lastUpdatedAt: start });
    expect(await recoverIt({ since })).toMatchObject({ kind: 'held', reason: 'unused' });
    expect(tunnels.rotations).toBe(1);
  });

  it('WHEN its side dropped THEN a hint rotates', async () => {
    const { show, clock, since, recoverIt } = await deliveredBy(off);
    show({ status: 'DISCONNECTED', lastUpdatedAt: clock.now() - SECOND });
    expect(await recoverIt({ since })).toMatchObject({ kind: 'rotated', generation: 2 });
  });

  it('WHEN its side dropped silently THEN its proof rotates', async () => {
    const { show, clock, since, recoverIt } = await deliveredBy(off);
    show({ status: 'CONNECTED', lastUpdatedAt: clock.now() - SECOND });
    expect(await recoverIt({ since, proof: new Confidential('proof-1') })).toMatchObject({ kind: 'rotated', generation: 2 });
  });
});

describe.each([-HOUR, HOUR])('GIVEN a right delivery, and an instance whose clock is %d ms off', (off) => {
  it.each<[string, OpenTunnel['source']['status'], number, object]>([
    ['its side is connected', 'CONNECTED', 29, { kind: 'held', reason: 'connected', recheckAfter: 2 * SECOND }],
    ['it was not used', 'DISCONNECTED', 0, { kind: 'held', reason: 'unused' }],
    ['its side dropped', 'DISCONNECTED', 29, { kind: 'rotated', generation: 2 }],
  ])('WHEN %s THEN it decides as any other', async (_, status, seconds, expected) => {
    const { show, start, since, clock, recoverIt } = await deliveredBy(0);
    show({ status, lastUpdatedAt: start + seconds * SECOND });
    clock.advance(off);
    expect(await recoverIt({ since })).toMatchObject(expected);
  });
});

describe('GIVEN a row that came back from a backup', () => {
  const now = 1_700_000_000_000;
  const ahead: Deposit = { current: 'newer', versions: ['newer'], changedAt: now - 60 * SECOND };
  it.each([
    ['an hour ago', now - HOUR, 'newer'],
    ['an hour from now, by a clock far ahead', now + HOUR, 'newer'],
    ['a moment ago, so that the secret may have been seen earlier than the row', now - SECOND, 'older'],
    ['a moment from now, by a clock a little ahead', now + SECOND, 'older'],
  ])('WHEN it says that it delivered %s THEN the secret is believed unless the two are of one moment', (_, deliveredAt, versionId) => {
    const row = { generation: 1, versionId: 'older', proofHash: 'hash', fence: 5, deliveredAt };
    expect(reconcile(row, ahead, now, DEFAULT_POLICY)).toMatchObject({ versionId });
  });
});
