import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OPTIONS, USAGE } from '../../../connector/cli/arguments';
import { ENDINGS } from '../../../connector/session/endings';

const MANUAL = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'source-connector.md'), 'utf8');
/** Said by another name that the official local proxy has for it, or by the letter alone. */
const BY_LETTER: Readonly<Record<string, string>> = {
  'source-listen-port': '-s ', 'local-bind-address': '-b ', 'proxy-endpoint': '-e ', 'endpoint': '-e ', 'capath': '-c ', 'no-ssl-host-verify': '-k ',
  'destination-client-type': '-y ', 'help': '--help',
};

describe('the help', () => {
  it.each(Object.keys(OPTIONS))('tells of --%s', (name) => {
    expect(USAGE).toContain(BY_LETTER[name] ?? `--${name}`);
  });

  it('fits a wide terminal', () => {
    expect(USAGE.split('\n').filter((line) => line.length > 145)).toEqual([]);
  });
});

describe('the manual', () => {
  it.each(Object.entries(ENDINGS).map(([name, [code]]) => [name, code] as const))('has %s with its exit code', (name, code) => {
    expect(MANUAL).toMatch(new RegExp(`^\\| ${code} \\| \`${name}\` \\| .+ \\|$`, 'm'));
    expect(code <= 2 || USAGE.includes(` ${code} `) || USAGE.includes(`\n${code} `)).toBe(true);
  });

  it.each(['starting', 'connected', 'reconnecting', 'offline', 'checking', 'waiting', 'held', 'pausing', 'ended'])('tells of the state %s', (state) => {
    expect(MANUAL).toMatch(new RegExp(`^\\| \`${state}\` \\|`, 'm'));
  });
});
