import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../connector/session/clock';
import { Confidential } from '../../../lib/confidential';
import type { Child } from '../../../connector/session/ports';
import { proxyLauncher } from '../../../connector/proxy/proxy-process';
import type { ChildEnd } from '../../../connector/session/vocabulary';
import { until } from '../../support/until';

const TOKEN = 'LOCALCAT/abc+def==0123456789';
const SCRIPT = join(__dirname, '..', 'support', 'scripted-child.mjs');

function play(ending: string, { grace = 5_000 } = {}) {
  const lines: string[] = [];
  let sayConnected: () => void;
  const connected = new Promise<void>((resolve) => { sayConnected = resolve; });
  const launch = proxyLauncher({ command: [process.execPath, SCRIPT, ending], env: process.env, grace, clock: systemClock });
  const child = launch(new Confidential(TOKEN), { connected: () => sayConnected(), reconnecting: () => lines.push('(lost)'), line: (line) => lines.push(line) });
  return { child, lines, connected, heard: (text: string) => until(() => lines.some((line) => line.includes(text)), `it says ${text}`) };
}

const exists = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

describe('how a child ends', () => {
  it.each<[string, Partial<ChildEnd>]>([
    ['cut', { code: 0, connected: true, refused: 'previously-used', goodbye: false }],
    ['refused', { code: 0, connected: false, refused: 'previously-used' }],
    ['refused otherwise', { code: 0, connected: false, refused: 'otherwise' }],
    ['busy', { code: 0, connected: false, refused: 'busy' }],
    ['goodbye', { code: 0, connected: true, goodbye: true }],
    ['wrong service', { code: 1, connected: true, goodbye: false }],
    ['port taken', { code: 1, connected: true, portTaken: true }],
    ['crashes', { code: null, signal: 'SIGSEGV', connected: true }],
  ])('is read off its output and its exit: %s', async (ending, expected) => {
    expect(await play(ending).child.ended).toMatchObject(expected);
  });

  it('says when its connection is lost, and when it is back, and listens all the while', async () => {
    const events: string[] = [];
    const launch = proxyLauncher({ command: [process.execPath, SCRIPT, 'comes back'], env: process.env, grace: 5_000, clock: systemClock });
    const back = new Promise<void>((resolve) => {
      const child = launch(new Confidential(TOKEN), {
        connected: () => {
          if (events.push('connected') < 3) return;
          child.stop();
          void child.ended.then(() => resolve());
        },
        reconnecting: () => events.push('reconnecting'),
        line: () => undefined,
      });
    });
    await back;
    expect(events.slice(0, 3)).toEqual(['connected', 'reconnecting', 'connected']); // it says so in more than one line
  });

  it('is no connection as long as it cannot listen', async () => {
    const events: string[] = [];
    const launch = proxyLauncher({ command: [process.execPath, SCRIPT, 'port taken'], env: process.env, grace: 5_000, clock: systemClock });
    await launch(new Confidential(TOKEN), { connected: () => events.push('connected'), reconnecting: () => undefined, line: () => undefined }).ended;
    expect(events).toEqual([]);
  });

  it('is not at all while it tries again by itself', async () => {
    const { child, heard } = play('server errors');
    await heard('Connection refused');
    child.stop();
    expect(await child.ended).toMatchObject({ code: null, signal: 'SIGTERM', connected: false });
  });

  it.each([['no-such-command-anywhere', 'ENOENT'], [__dirname, 'EACCES']])('is told when there is nothing to start: %s', async (file, code) => {
    const launch = proxyLauncher({ command: [file], env: process.env, grace: 100, clock: systemClock });
    const child = launch(new Confidential(TOKEN), { connected: () => undefined, reconnecting: () => undefined, line: () => undefined });
    expect(await child.ended).toMatchObject({ notStarted: code });
  });

  it('is told when the system refuses the start outright', async () => {
    const launch = proxyLauncher({ command: [process.execPath, 'nul\0byte'], env: process.env, grace: 100, clock: systemClock });
    const child = launch(new Confidential(TOKEN), { connected: () => undefined, reconnecting: () => undefined, line: () => undefined });
    expect(await child.ended).toMatchObject({ notStarted: 'ERR_INVALID_ARG_VALUE' });
  });
});

describe('the token', () => {
  it('is in the environment, not in the arguments', async () => {
    const { child, lines } = play('tells its arguments');
    await child.ended;
    expect(lines.join('\n')).toMatch(/argv holds the token: false[^]*environment holds it: true/);
  });

  it('is blotted out of everything that the child prints, across chunks and pieces', async () => {
    const { child, lines } = play('babbles');
    await child.ended;
    const all = lines.join('');
    expect(all.includes('LOCALCAT')).toBe(false);
    expect(all.match(/\[source token\]/g)).toHaveLength(5);
    expect(all.match(/y/g)).toHaveLength(20_000);
    expect(child.lastWords().join('').includes('LOCALCAT')).toBe(false);
  });
});

describe('stopping a child', () => {
  it('asks with SIGTERM', async () => {
    const { child, connected } = play('lasts');
    await connected;
    child.stop();
    expect(await child.ended).toMatchObject({ signal: 'SIGTERM', connected: true });
  });

  it('insists with SIGKILL after the grace', async () => {
    const { child, heard, connected } = play('stubborn', { grace: 200 });
    await connected;
    child.stop();
    await heard('I will not go');
    expect(await child.ended).toMatchObject({ signal: 'SIGKILL' });
  });

  it('kills at once when it has to be now', async () => {
    const { child, heard, connected } = play('stubborn', { grace: 60_000 });
    await connected;
    child.stop();
    await heard('I will not go');
    child.kill();
    expect(await child.ended).toMatchObject({ signal: 'SIGKILL' });
  });

  it('may be asked for again and again, and after the end', async () => {
    const { child, connected } = play('lasts');
    await connected;
    child.stop();
    child.stop();
    await child.ended;
    child.stop();
    child.kill();
    await child.ended;
  });
});

describe('what a child leaves behind', () => {
  it('goes with it, if it is of its process group', async () => {
    const { child, lines } = play('leaves one behind');
    await child.ended;
    const pid = Number(/left behind: (\d+)/.exec(lines.join())![1]);
    await until(() => !exists(pid), 'it is gone');
  });

  it('does not hold us up, if it left the group and kept the pipes', async () => {
    const { child } = play('leaves an outlaw');
    expect((await child.ended).code).toBe(0);
  });

  it('is no listener of ours', async () => {
    const before = process.listenerCount('exit');
    const children: Child[] = Array.from({ length: 3 }, () => play('refused').child);
    expect(process.listenerCount('exit')).toBe(before + 3);
    await Promise.all(children.map(({ ended }) => ended));
    expect(process.listenerCount('exit')).toBe(before);
  });
});
