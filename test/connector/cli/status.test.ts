import { ending } from '../../../connector/session/endings';
import { describe as inWords, StatusLine } from '../../../connector/cli/status';
import type { State } from '../../../connector/session/vocabulary';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const common = { tunnelId: 'T', at: NOW - 83_000, drops: 0 };
const connected: State = { ...common, state: 'connected', drops: 3, lastRecovery: 812.4, expiresAt: NOW + 11 * 3_600_000 + 61_000 };

class FakeScreen {
  text = '';
  constructor(readonly isTTY: boolean, readonly columns = 80) {}
  write(text: string): void {
    this.text += text;
  }
}

describe('the status', () => {
  it.each<[State, string]>([
    [connected, 'connected for 00:01:23 | 3 drops | last recovery 812 ms | 11:01:01 left'],
    [{ ...common, state: 'starting' }, 'connecting | 0 drops'],
    [{ ...common, state: 'checking', drops: 1 }, 'the local proxy ended; looking why | 1 drop'],
    [{ ...common, state: 'waiting', asked: 1, since: NOW - 2_000 }, 'waiting for a fresh token for 00:00:02 | 0 drops'],
    [{ ...common, state: 'waiting', asked: 4, since: NOW - 75_000 }, 'waiting for a fresh token for 00:01:15, asked 4 times | 0 drops'],
    [{ ...common, state: 'pausing', failures: 2, until: NOW + 4_000 }, 'failed twice; next start in 00:00:04 | 0 drops'],
    [{ ...common, state: 'pausing', failures: 1, until: NOW + 1_000 }, 'failed once; next start in 00:00:01 | 0 drops'],
    [{ ...common, state: 'reconnecting', since: NOW - 9_000 }, 'reconnecting for 00:00:09 | 0 drops'],
    [{ ...common, state: 'offline', since: NOW - 61_000, drops: 2 }, 'offline for 00:01:01: AWS cannot be reached | 2 drops'],
    [{ ...common, state: 'held', reason: 'flapping', asked: 2, since: NOW - 12_000, until: NOW + 468_000 }, 'no token yet for 00:00:12: it drops too often; next try in 00:07:48 | 0 drops'],
    [{ ...common, state: 'held', reason: 'new-word', asked: 3, since: NOW - 5_000 }, 'no token yet for 00:00:05: new-word | 0 drops'],
    [{ ...common, state: 'ended', ending: ending('stopped'), expiresAt: NOW }, 'Stopped, as you asked. | 0 drops'],
  ])('in words', (state, text) => {
    expect(inWords(state, NOW).text).toBe(text);
  });
});

describe('the status line', () => {
  it('stays at the bottom of a terminal, below the news', () => {
    const screen = new FakeScreen(true);
    const line = new StatusLine(screen, () => NOW, false);
    line.show({ ...common, state: 'starting' });
    line.news('Something happened.');
    line.close();
    expect(screen.text).toBe('\r\x1b[2Kconnecting | 0 drops\r\x1b[2KSomething happened.\n\r\x1b[2Kconnecting | 0 drops\r\x1b[2K');
  });

  it('has colours where they are wanted', () => {
    const screen = new FakeScreen(true);
    const line = new StatusLine(screen, () => NOW, true);
    line.show({ ...common, state: 'starting' });
    line.close();
    expect(screen.text).toContain('\x1b[36mconnecting');
  });

  it('never wraps', () => {
    const screen = new FakeScreen(true, 30);
    const line = new StatusLine(screen, () => NOW, false);
    line.show(connected);
    line.close();
    expect(screen.text).toContain('connected for 00:01:23 | 3 d…\r');
  });

  it('is plain text, a line for each change, on anything that is no terminal', () => {
    const screen = new FakeScreen(false);
    const line = new StatusLine(screen, () => NOW, true);
    line.show({ ...common, state: 'starting' });
    line.news('Something happened.');
    line.show(connected);
    line.close();
    expect(screen.text).toBe('connecting | 0 drops\nSomething happened.\nconnected for 00:01:23 | 3 drops | last recovery 812 ms | 11:01:01 left\n');
  });
});
