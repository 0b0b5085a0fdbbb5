// Calibrates local clouds whose switches stand at random, and fails if one position is named wrongly.
// npm run calibrate:loop -- [--runs 100] [--seed 1]
import { parseArgs } from 'node:util';
import { Chance } from '../simulation/chance';
import { calibrate, positioned, SWITCHES } from '../test/local-cloud/calibrate/hidden-switches';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } } });

void main(Number(values.runs), Number(values.seed)).then((failures) => { process.exitCode = failures === 0 ? 0 : 1; });

async function main(runs: number, seed: number): Promise<number> {
  let failures = 0;
  for (let run = 1; run <= runs; run += 1) {
    const chance = new Chance(seed).of(run);
    const hidden = positioned((_, count) => chance.below(count));
    const { wrong, left } = await calibrate(hidden, run);
    if (wrong.length > 0 || left > 0) {
      failures += 1;
      console.error(`run ${run} of seed ${seed}: ${wrong.join('; ')}${left > 0 ? `; ${left} tunnels left open` : ''}`);
    }
    if (run % 10 === 0) console.error(`${run} of ${runs} runs, ${failures} failures`);
  }
  console.log(`${runs} runs from seed ${seed}, ${SWITCHES.length} switches each: ${failures} failures`);
  return failures;
}
