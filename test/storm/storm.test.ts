import { spawnSync } from 'node:child_process';
import { reportOf, survived } from '../../storm/report';
import { storm, type Toll } from '../../storm/storm';
import { synthesizeApp } from '../support/assembly';

describe('GIVEN a few tunnels in twenty seconds of storm', () => {
  let toll: Toll;
  const lines: string[] = [];
  beforeAll(async () => {
    toll = await storm({ assembly: synthesizeApp(), seed: 7, duration: 20_000, tunnels: 6, say: (line) => lines.push(line) });
  });

  it('WHEN the weather clears up THEN every drop is recovered, nothing leaked, and no healthy connection ends any more', () => {
    expect({ report: reportOf(toll), survived: survived(toll) }).toEqual({ report: expect.any(String), survived: true });
    expect(toll.drops.length).toBeGreaterThanOrEqual(6);
    expect(toll.secrets).toBeGreaterThan(2 * 6);
  });

  it('THEN it was a storm', () => {
    expect(toll.failures.size).toBeGreaterThan(0);
  });

  it('THEN the report tells drops, times, rotations, dead letters and failures, and holds no token', () => {
    const report = reportOf(toll);
    expect(report).toMatch(/recovered (\d+) of \1 drops: \d+, median [\d.]+ s, 99th percentile [\d.]+ s/);
    for (const word of ['rotations', 'dead letters', 'failures:', 'leaks of']) expect(report).toContain(word);
    expect(lines.at(-1)).toMatch(/^the weather clears up/);
    expect(report + lines.join('\n')).not.toContain('LOCALCAT');
  });

  it.each<[string, Partial<Toll>]>([
    ['a drop is not recovered', { drops: [{ tunnelId: 't', at: 0, how: 'reset', way: 'hint' }] }],
    ['a secret leaked', { leaks: ['token in log of Rotator'] }],
    ['a role was too narrow', { denied: ['Rotator called sqs:SendMessage'] }],
    ['a connection ended in fair weather', { troubles: ['1 connections ended in fair weather'] }],
  ])('WHEN %s THEN it was not survived, and the report says so', (_, wrong) => {
    const bad = { ...toll, ...wrong };
    expect(survived(bad)).toBe(false);
    expect(reportOf(bad)).toMatch(/\nFAILED$/);
  });
});

describe('npm run storm', () => {
  const command = (...args: string[]) => spawnSync(process.execPath, [require.resolve('tsx/cli'), 'bin/storm.ts', ...args], { encoding: 'utf8' });

  it('GIVEN --help THEN every option is explained', () => {
    const { status, stdout } = command('--help');
    for (const option of ['seed', 'minutes', 'tunnels', 'help']) expect(stdout).toMatch(new RegExp(`^  --${option}\\b`, 'm'));
    expect(status).toBe(0);
  });

  it.each(['--minutes', '--tunnels', '--seed'])('GIVEN %s that is no number THEN it says what is wrong', (option) => {
    const { status, stderr } = command(option, 'many');
    expect(stderr).toContain('must be');
    expect(status).toBe(2);
  });
});
