import type { Situation } from '../../../lambda/domain/decide';
import { SECOND, NOW, connected, droppedAt, row, hint, given, hold, rotate, FIRST_PAUSE } from './situation';

describe('decide', () => {
  describe('GIVEN times that are strange', () => {
    const DAY = 86_400 * SECOND;
    const unused = droppedAt(NOW - 300 * SECOND);
    it.each<[string, Partial<Situation>, object]>([
      ['a hint is a day old, of a side that dropped', { signal: hint({ since: NOW - DAY }) }, rotate()],
      ['a hint is a day old, of a healthy side', { observation: connected, signal: hint({ since: NOW - DAY }) }, hold('connected')],
      ['a hint comes from the future, of a healthy side', { observation: connected, signal: hint({ since: NOW + DAY }) }, hold('connected', FIRST_PAUSE)],
      ['a request comes from the future, about a token that lies there', { observation: unused, deposit: { current: 'live-version', versions: ['live-version'] }, signal: hint({ kind: 'token-request', since: NOW + DAY }) }, hold('unused', FIRST_PAUSE)],
      ['a dead request is worked off a day later, about a token that lies there', { observation: unused, deposit: { current: 'live-version', versions: ['live-version'] }, signal: hint({ kind: 'token-request', since: NOW - DAY }) }, hold('unused')],
      ['our clock is an hour ahead, of a side at the fence', { observation: unused, now: NOW + 3600 * SECOND }, hold('unused', FIRST_PAUSE)],
      ['our clock is an hour behind, of a side at the fence', { observation: unused, now: NOW - 3600 * SECOND }, hold('unused', FIRST_PAUSE)],
      ['our clock is an hour ahead, of a healthy side', { observation: connected, now: NOW + 3600 * SECOND }, hold('connected', FIRST_PAUSE)],
      ['our clock is an hour behind, of a healthy side', { observation: connected, now: NOW - 3600 * SECOND }, hold('connected', FIRST_PAUSE)],
      ['our clock is an hour behind, of a side that dropped', { now: NOW - 3600 * SECOND }, rotate()],
      ['a clock an hour ahead wrote down when a token was delivered, of a side that dropped', { history: row({ deliveredAt: NOW + 3600 * SECOND }) }, rotate()],
      ['a clock an hour ahead wrote it down, of a token not used', { history: row({ deliveredAt: NOW + 3600 * SECOND }), observation: unused }, hold('unused', FIRST_PAUSE)],
      ['a clock an hour behind wrote it down, of a token not used', { history: row({ deliveredAt: NOW - 3900 * SECOND }), observation: unused }, hold('unused', FIRST_PAUSE)],
      ['a leap second repeats the second of the fence', { history: row({ fence: NOW }), observation: droppedAt(NOW - 500) }, hold('unused', FIRST_PAUSE)],
      ['a leap second repeats the second of a delivery', { history: row({ deliveredAt: NOW + SECOND }) }, hold('settling', 11 * SECOND)],
    ])('WHEN %s THEN no healthy side is disturbed and no unused token revoked', (_, situation, expected) => {
      expect(given(situation)).toEqual(expected);
    });
  });
});
