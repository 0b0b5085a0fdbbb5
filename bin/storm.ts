import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { reportOf, survived } from '../storm/report';
import { storm } from '../storm/storm';

const HELP = `Lets a storm loose on the synthesized stack, in a local cloud: errors, timeouts, resets, duplicates, reordering, wrong clocks and killed
functions, while every tunnel's source drops again and again. Then the weather clears up, and all must be back.

npm run storm -- [options]
  --seed N        where the randomness begins; processes are real, so no two runs are quite the same  (default 1)
  --minutes N     of bad weather                                                                      (default 5)
  --tunnels N     how many, each with a session                                                        (default 30)
  --help          print this

Exit codes: 0 if every drop was recovered within four minutes of the last fault and nothing leaked, 1 if not, 2 for a wrong option.`;

const ROOT = join(__dirname, '..');

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' }, minutes: { type: 'string', default: '5' }, tunnels: { type: 'string', default: '30' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const [seed, minutes, tunnels] = (['seed', 'minutes', 'tunnels'] as const).map((name) => Number(values[name]));
  if (!(Number.isInteger(seed) && minutes > 0 && Number.isInteger(tunnels) && tunnels > 0)) {
    console.error('--seed and --tunnels must be whole numbers, and --minutes a number above 0');
    return 2;
  }
  const assembly = mkdtempSync(join(tmpdir(), 'storm-'));
  try {
    execFileSync(join(ROOT, 'node_modules', '.bin', 'cdk'), ['synth', '--quiet', '--output', assembly], { cwd: ROOT, stdio: 'ignore' });
    const toll = await storm({ assembly, seed, tunnels, duration: minutes * 60_000, say: (line) => console.error(line) });
    console.log(reportOf(toll));
    return survived(toll) ? 0 : 1;
  } finally {
    rmSync(assembly, { recursive: true, force: true });
  }
}

main().then((code) => { process.exitCode = code; }, (error: unknown) => {
  console.error(`The storm could not begin: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
