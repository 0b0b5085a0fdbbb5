import { normalise } from '../../lambda/domain/normalise';
import { decide } from '../../lambda/domain/decide';
import { DEFAULT_POLICY } from '../../lambda/domain/policy';
import type { OpenTunnel, Signal } from '../../lambda/domain/vocabulary';

const [SECOND, HOUR, DAY] = [1_000, 3_600_000, 24 * 3_600_000];
/** A second before the leap second of 2016 was put in, 23:59:60 UTC: the day after begins at the same number for a second time. */
const BEFORE_LEAP = Date.parse('2016-12-31T23:59:59Z');
const NOW = BEFORE_LEAP + 600 * SECOND;
const CREATED = BEFORE_LEAP - HOUR;

const tunnel = (lastUpdatedAt: number, status: 'CONNECTED' | 'DISCONNECTED' = 'DISCONNECTED'): OpenTunnel => ({
  kind: 'open', at: NOW, createdAt: CREATED, expiresAt: CREATED + 12 * HOUR, services: ['SSH'], tags: {},
  source: { status, lastUpdatedAt }, destination: { status: 'CONNECTED', lastUpdatedAt: CREATED },
});
const signalOf = (body: object, sentAt: number): Signal => {
  const normalised = normalise(JSON.stringify(body), sentAt);
  if (!normalised.ok || !('signal' in normalised)) throw new Error('it is no signal');
  return normalised.signal;
};
const judge = (observation: OpenTunnel, signal: Signal, now: number, fence = CREATED + 60 * SECOND) => decide({
  side: 'source', observation, history: { generation: 1, fence, versionId: 'v', proofHash: 'h', deliveredAt: fence }, deposit: { current: 'v', versions: ['v'] }, signal, proofHash: undefined, now,
}, DEFAULT_POLICY);

describe('when a signal was sent is the queue\'s to say, in any year', () => {
  it.each<[string, number]>([
    ['a day ago', NOW - DAY], ['four days ago, as long as the queue keeps it', NOW - 4 * DAY], ['in an hour', NOW + HOUR], ['in a year', NOW + 365 * DAY],
    ['at the beginning of time', 0], ['in the leap second', BEFORE_LEAP + SECOND],
  ])('GIVEN one that was sent %s THEN the tunnel as it is now decides: a drop is healed, a connected source is left alone', (_, sentAt) => {
    const signal = signalOf({ tunnelId: 't', via: 'mqtt' }, sentAt);
    expect(signal.since).toBe(sentAt);
    expect(judge(tunnel(NOW - SECOND), signal, NOW)).toMatchObject({ kind: 'rotate', episode: { generation: 2 } });
    expect(judge(tunnel(NOW - SECOND, 'CONNECTED'), signal, NOW)).toMatchObject({ kind: 'hold', reason: 'connected' });
  });

  it.each<[string, unknown]>([['before time began', -1], ['never', 'never'], ['no number', Number.NaN], ['beyond all clocks', 1e300], ['between two milliseconds', 1.5]])(
    'GIVEN one that says it was sent %s THEN it is malformed', (_, since) => {
      expect(normalise(JSON.stringify({ tunnelId: 't', via: 'mqtt', since }), NOW)).toEqual({ ok: false, fault: 'since-invalid' });
    });

  it('GIVEN an event that carries a time of its own THEN nobody listens to that', () => {
    const event = { 'detail-type': 'Tunnel Disconnected', 'time': '1970-01-01T00:00:00Z', 'detail': { tunnelId: 't', since: 1, timestamp: 1 } };
    expect(signalOf(event, NOW).since).toBe(NOW);
  });
});

describe('our own clock protects no connection, and opens none', () => {
  it.each<[string, number]>([['an hour slow', -HOUR], ['right', 0], ['an hour fast', HOUR], ['a leap second late', -SECOND], ['a leap second early', SECOND]])(
    'GIVEN one that is %s THEN the service\'s times decide whether a token is spent', (_, off) => {
      const signal = signalOf({ tunnelId: 't', via: 'mqtt' }, NOW);
      const fence = NOW - 60 * SECOND;
      expect(judge(tunnel(fence + 30 * SECOND), signal, NOW + off, fence)).not.toMatchObject({ reason: 'unused' }); // it dropped after the fence
      expect(judge(tunnel(fence), signal, NOW + off, fence)).toMatchObject({ kind: 'hold' }); // it did not
      expect(judge(tunnel(NOW - SECOND, 'CONNECTED'), signal, NOW + off, fence)).toMatchObject({ kind: 'hold', reason: 'connected' });
    });

  it.each([-SECOND, 0, SECOND])('GIVEN the fence of a rotation in the leap second, %d ms from its beginning, THEN a drop in the same second waits, and one two seconds later is found', (off) => {
    const fence = BEFORE_LEAP + SECOND;
    const signal = signalOf({ tunnelId: 't', via: 'mqtt' }, NOW);
    expect(judge(tunnel(fence + Math.min(0, off)), signal, NOW, fence)).toMatchObject({ kind: 'hold', reason: 'unused' });
    expect(judge(tunnel(fence + 2 * SECOND), signal, NOW, fence)).toMatchObject({ kind: 'rotate' });
  });
});

