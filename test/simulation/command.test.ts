import { spawnSync } from 'node:child_process';
import { MUTANTS } from '../../simulation/mutants';

jest.setTimeout(60_000);

const simulate = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [require.resolve('tsx/cli'), 'bin/simulate.ts', ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
};
const TOLERANCE = MUTANTS.findIndex(({ bug }) => bug.startsWith('A new tunnel gets no tolerance')) + 1;

describe('npm run simulate', () => {
  it('GIVEN the code that ships THEN it counts, finds nothing and succeeds', () => {
    const { status, stdout } = simulate('--drops', '200', '--seed', '3');
    expect(stdout).toMatch(/\| drops +\| +2\d\d \|/);
    expect(stdout).toMatch(/\| violations +\| +0 \|/);
    expect(status).toBe(0);
  });

  it('GIVEN a bug THEN it tells the shortest story, names the command that tells it again, and fails', () => {
    const { status, stdout } = simulate('--drops', '200', '--bug', `${TOLERANCE}`);
    expect(stdout).toMatch(/^Invariant 3 is broken: /);
    expect(stdout).toContain('=> source: a token was revoked though nothing had dropped');
    expect(status).toBe(1);
    const [, command] = /npm run simulate -- (.+)/.exec(stdout) ?? [];
    const again = simulate(...command.split(' '));
    expect(again.stdout).toContain('Invariant 3 is broken');
    expect(again.status).toBe(1);
  });

  it.each([
    [['--drops', 'many'], '--drops must be a whole number, but is \'many\''],
    [['--bug', '99'], `--bug must be from 1 to ${MUTANTS.length}, but is 99`],
  ])('GIVEN %j THEN it says what is wrong', (args, message) => {
    const { status, stderr } = simulate(...args);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  it('GIVEN --help THEN every option is explained', () => {
    const { status, stdout } = simulate('--help');
    for (const option of ['seed', 'drops', 'violations', 'world', 'tunnels', 'faults', 'drops-each', 'bug', 'bugs', 'remember', 'document']) {
      expect(stdout).toMatch(new RegExp(`^  --${option}\\b`, 'm'));
    }
    expect(status).toBe(0);
  });
});
