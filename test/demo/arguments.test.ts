import { HELP, wishOf } from '../../demo/arguments';

test.each([
  [[], { kind: 'story', json: false, proxy: undefined }],
  [['--json', '--proxy', 'localproxy'], { kind: 'story', json: true, proxy: 'localproxy' }],
  [['--play'], { kind: 'play' }],
  [['--watch'], { kind: 'watch', tunnels: 12 }],
  [['--watch', '--tunnels', '200'], { kind: 'watch', tunnels: 200 }],
  [['--help', '--watch'], { kind: 'help' }],
])('%j is understood', (argv, wish) => {
  expect(wishOf(argv)).toEqual(wish);
});

test.each([
  [['--watch', '--tunnels', '0'], '--tunnels must be a whole number from 1 to 200, not \'0\''],
  [['--watch', '--tunnels', '201'], '--tunnels must be'],
  [['--watch', '--tunnels', 'many'], '--tunnels must be'],
  [['--tunnels', '3'], '--tunnels goes with --watch'],
  [['--watch', '--play'], 'choose one'],
  [['--watch', '--json'], '--json and --proxy go with the plain demo'],
  [['--play', '--proxy', 'x'], '--json and --proxy go with the plain demo'],
  [['--sunshine'], '--sunshine'],
  [['word'], 'word'],
])('%j is wrong, and it says why', (argv, because) => {
  expect(wishOf(argv)).toEqual({ kind: 'wrong', because: expect.stringContaining(because) });
});

test('--help tells every option', () => {
  for (const option of ['--json', '--proxy', '--play', '--watch', '--tunnels', '--help']) expect(HELP).toContain(option);
});
