import fc from 'fast-check';
import { OPTIONS, parseArguments } from '../../connector/cli/arguments';
import { UsageError } from '../../connector/session/failures';
import { parseCalibrateArguments } from '../../local-cloud/calibrate/arguments';
import { parseArguments as parseCloudArguments, HELP } from '../../local-cloud/cli/arguments';
import { UsageError as CloudUsageError } from '../../local-cloud/cli/usage-error';
import { CASES } from '../support/cases';

/** Command lines: something to work with, or a UsageError, whatever stands there. */
const value = fc.oneof(
  fc.string(), fc.constantFrom('', '-', '--', '0', '-1', '65536', '1e9', 'NaN', 'a=b', '=', 'SSH=22', 'SSH=99999', 'ssh', ':', '127.0.0.1:1', 'http://x', 'https://x/', '../x', 'x'.repeat(300), '\0', '💥', 'constructor', '__proto__'));
const lineOf = (options: readonly string[]) => fc.array(fc.oneof(
  fc.constantFrom(...options), fc.tuple(fc.constantFrom(...options), value).map(([option, given]) => `${option}=${given}`), value,
), { maxLength: 8 });
const longOptions = (help: string) => [...new Set(help.match(/--[a-z][a-z-]+/g))];

test.each<[string, readonly string[], (line: readonly string[]) => unknown, typeof UsageError | typeof CloudUsageError]>([
  ['tunnel-source', Object.keys(OPTIONS).map((name) => `--${name}`), (line) => parseArguments(['--prefix', 'p', ...line], {}), UsageError],
  ['tunnel-source, without a prefix', Object.keys(OPTIONS).map((name) => `--${name}`), (line) => parseArguments(line, { TUNNEL_SECRET_PREFIX: line[0] }), UsageError],
  ['tunnel-local-cloud', longOptions(HELP), parseCloudArguments, CloudUsageError],
  ['tunnel-local-cloud calibrate', ['--region', '--thing', '--profile', '--yes', '--out', '--only'], parseCalibrateArguments, CloudUsageError],
])('GIVEN any line WHEN %s reads it THEN it knows what to do, or says how it is used', (_, options, parse, wrong) => {
  fc.assert(fc.property(lineOf(options), (line) => {
    try {
      parse(line);
    } catch (error) {
      if (!(error instanceof wrong)) throw error;
      expect(error.message.length).toBeGreaterThan(5);
    }
  }), CASES);
});
