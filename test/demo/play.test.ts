import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { accountOf } from '../../demo/play/account';
import { whereIs } from '../../demo/local-proxy';
import { Scrollback } from '../../demo/play/scrollback';
import { startShellDevice, type ShellDevice } from '../../demo/play/shell-device';
import { ShellWindow } from '../../demo/play/window';
import type { CallRecord } from '../../local-cloud/calls';
import { until } from '../support/until';

const ROOT = join(__dirname, '..', '..');
/** `script` makes terminals: the device's, and in these tests the operator's as well. */
const withTerminals = whereIs('script') ? describe : describe.skip;

withTerminals('A shell on a device (skipped where there is no program `script`)', () => {
  let device: ShellDevice;
  const endings: (() => void)[] = [];
  beforeEach(async () => { device = await startShellDevice({ columns: 80, rows: 24 }); });
  afterEach(() => {
    for (const end of endings.splice(0)) end();
    device.close();
  });

  /** A window that is closed with the test. */
  function open(port: number, show: (text: string) => void, back: () => void = () => undefined): ShellWindow {
    const window = new ShellWindow(port, (bytes) => show(bytes.toString()), back);
    endings.push(() => window.close());
    void window.run();
    return window;
  }

  /** A way to the device that can be broken. */
  async function way() {
    const passing = new Set<Socket>();
    const server = createServer((near) => {
      const far = connect(device.port, '127.0.0.1');
      for (const [one, other] of [[near, far], [far, near]]) {
        passing.add(one);
        one.on('error', () => undefined).on('close', () => other.destroy()).pipe(other);
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const cut = () => { for (const socket of passing) socket.resetAndDestroy(); passing.clear(); };
    endings.push(() => { server.close(); cut(); });
    return { port: (server.address() as AddressInfo).port, cut };
  }

  test('GIVEN it counts WHEN the way there breaks again and again THEN no byte is missing, and none comes twice', async () => {
    const { port, cut } = await way();
    let shown = '';
    let backs = 0;
    const window = open(port, (text) => { shown += text; }, () => { backs += 1; });
    await until(() => shown.includes('pump-7$ '), 'the prompt is there');
    window.type(Buffer.from('i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo n$i; sleep 0.005; done; echo o""ver\r'));
    for (const number of [20, 120, 220, 320]) {
      await until(() => shown.includes(`n${number}\r`), `it counts to ${number}`);
      cut();
    }
    await until(() => shown.includes('over\r'), 'it has counted');
    expect([...shown.matchAll(/^n(\d+)\r$/gm)].map(([, number]) => Number(number))).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
    expect(backs).toBeGreaterThan(1);
  });

  test('GIVEN somebody types while the way is broken THEN the shell hears it when he is back', async () => {
    const { port } = await way();
    let shown = '';
    const window = open(port, (text) => { shown += text; });
    window.type(Buffer.from('echo hel""lo\r'));
    await until(() => shown.includes('hello\r'), 'the shell has heard');
  });

  test('GIVEN he has just typed when the way breaks THEN the shell hears each key, and each once', async () => {
    const { port, cut } = await way();
    let shown = '';
    const window = open(port, (text) => { shown += text; });
    await until(() => shown.includes('pump-7$ '), 'the prompt is there');
    const numbers = Array.from({ length: 30 }, (_, index) => index);
    for (const number of numbers) {
      window.type(Buffer.from(`echo k""${number}\r`));
      if (number % 3 === 0) cut();
    }
    await until(() => shown.includes('k29\r'), 'the shell has heard the last');
    expect([...shown.matchAll(/k(\d+)\r/g)].map(([, number]) => Number(number))).toEqual(numbers);
  });

  test('GIVEN the shell WHEN somebody looks at its environment THEN there is nothing of the operator\'s in it', async () => {
    process.env.AWS_SECRET_ACCESS_KEY ??= 'local';
    let shown = '';
    const window = open(device.port, (text) => { shown += text; });
    window.type(Buffer.from('env; echo d""one\r'));
    await until(() => shown.includes('done\r'), 'it has told');
    expect(shown).not.toMatch(/AWS_|LOCALCAT/);
  });

  test('WHEN somebody leaves it THEN the device says so', async () => {
    const socket = connect(device.port, '127.0.0.1');
    socket.write('0\nexit\r');
    const [first] = await once(socket, 'data') as [Buffer];
    expect(first.toString()).toMatch(/^0\n/);
    await device.left;
    await once(socket, 'close');
  });
});

withTerminals('npm run demo -- --play', () => {
  test('GIVEN a terminal WHEN a key cuts and another freezes THEN the shell is back each time, and a line says when and why', async () => {
    const command = `${JSON.stringify(process.execPath)} --import tsx bin/demo.ts --play`;
    const args = process.platform === 'darwin' ? ['-q', '/dev/null', 'sh', '-c', command] : ['-qfec', command, '/dev/null'];
    const terminal = spawn('script', args, { cwd: ROOT, env: { ...process.env, TERM: 'xterm' } });
    let screen = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => { screen += text; });
    const shows = (text: RegExp) => until(() => text.test(screen), `the terminal shows ${text}`).catch((error: Error) => {
      throw new Error(`${error.message}, but ${JSON.stringify(screen.slice(-600))}`);
    });
    const keys = (typed: string) => terminal.stdin.write(typed);
    try {
      await shows(/exit ends it[^]*pump-7\$ /);
      keys('count=41\r');
      keys('\x18');
      await shows(/-- cut --/);
      await shows(/-- back after \d+ ms: its TCP connection was reset; reported after \d+ ms, rotated after \d+ ms, token in the vault after \d+ ms --/);
      keys('echo it is still $((count + 1))\r');
      await shows(/it is still 42\r/);
      keys('\x06');
      await shows(/-- frozen/);
      keys('echo and now $((count + 2))\r');
      await shows(/-- back after \d{4,} ms: its network fell silent, and the connector found that out by asking; reported after/);
      await shows(/and now 43\r/);
      keys('exit\r');
      const [code] = await once(terminal, 'close') as [number];
      expect(screen.trimEnd().split(/\r*\n/).at(-1)).toBe('recovered 2 of 2 drops');
      expect(code).toBe(0);
      expect(screen.includes('LOCALCAT')).toBe(false);
    } finally {
      terminal.kill('SIGKILL');
    }
  });
});

test('GIVEN no terminal THEN --play says so, and why, and ends with 2', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', 'bin/demo.ts', '--play'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said += text; });
  const [code] = await once(child, 'close') as [number];
  expect({ code, said }).toEqual({ code: 2, said: '--play is a shell in a terminal, and there is none here: run it in one, or see npm run demo without it.\n' });
});

describe('What the shell wrote', () => {
  test('is told from where somebody has seen it', () => {
    const scrollback = new Scrollback();
    scrollback.add(Buffer.from('abc'));
    scrollback.add(Buffer.from('def'));
    expect([0, 2, 6].map((seen) => scrollback.since(seen).toString())).toEqual(['abcdef', 'cdef', '']);
  });

  test('is forgotten from the beginning when there is too much of it', () => {
    const scrollback = new Scrollback(4);
    scrollback.add(Buffer.from('abc'));
    scrollback.add(Buffer.from('def'));
    expect([0, 2, 4, 6].map((seen) => scrollback.since(seen).toString())).toEqual(['cdef', 'cdef', 'ef', '']);
  });
});

describe('The account of a recovery', () => {
  const call = (service: string, action: string, startedAt: number, status = 200) => ({ service, action, startedAt, duration: 10, status }) as CallRecord;

  test('tells each step, from the harm on', () => {
    const calls = [
      call('iotsecuretunneling', 'RotateTunnelAccessToken', 500), // an earlier one
      call('sqs', 'SendMessage', 1_020), call('iotsecuretunneling', 'RotateTunnelAccessToken', 1_050, 400), call('iotsecuretunneling', 'RotateTunnelAccessToken', 1_090),
      call('secretsmanager', 'PutSecretValue', 1_120),
    ];
    expect(accountOf('cut', 1_000, 1_243, calls)).toBe(
      'back after 243 ms: its TCP connection was reset; reported after 30 ms, rotated after 100 ms, token in the vault after 130 ms');
  });

  test('claims no step that was not seen', () => {
    expect(accountOf('cut', 1_000, 1_243, [])).toBe('back after 243 ms: its TCP connection was reset');
  });
});
