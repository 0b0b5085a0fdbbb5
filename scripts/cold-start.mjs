// Prints the size of each Lambda bundle and the median time that a fresh Node process takes to load it.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const RUNS = 21;
const assets = join(import.meta.dirname, '..', 'assets');
const environment = {
  ...process.env, AWS_REGION: 'eu-west-1', ROTATOR_NAME: 'r', LEDGER_TABLE: 't', SIGNAL_QUEUE_URL: 'https://queue', SECRET_PREFIX: 'p', STACK_NAME: 's',
  SWEEP_CALLS_PER_SECOND: '5', ANNOUNCEMENT_BUS: 'default', ANNOUNCEMENT_TOPIC_PREFIX: 'tunnels',
};

for (const bundle of readdirSync(assets)) {
  const file = join(assets, bundle, 'index.js');
  if (!existsSync(file)) continue;
  const probe = `const t = performance.now(); require(${JSON.stringify(file)}); console.log(performance.now() - t);`;
  const times = Array.from({ length: RUNS }, () => Number(execFileSync(process.execPath, ['-e', probe], { env: environment }))).sort((a, b) => a - b);
  const [size, median] = [Math.round(statSync(file).size / 1000), times[Math.floor(RUNS / 2)].toFixed(0)];
  console.log(`${bundle}: ${size} kB, loads in ${median} ms (median of ${RUNS}, Node ${process.version})`);
}
