import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { median, type Bench, type Figure } from './figure';

const ROOT = join(__dirname, '..');
const PACKAGES: [folder: string, name: string, most: number][] = [
  ['.', 'the construct', 450], ['connector', 'the source connector', 300], ['local-cloud', 'the local cloud', 600],
];

/** What npm brings, and what the construct adds to the synthesis of an empty app. */
export const packages: Bench = {
  title: 'Install and synth',
  async measure(effort, say) {
    say('packing the three packages');
    return [...PACKAGES.map(packed), synthesis(effort === 'quick' ? 1 : 5, say)];
  },
};

function packed([folder, title, most]: typeof PACKAGES[number]): Figure {
  const out = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: join(ROOT, folder), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ size }] = Object.values(JSON.parse(out)) as [{ size: number }];
  return { id: `packages.${title.replaceAll(' ', '-')}`, title: `${title}: tarball`, unit: 'kB', value: size / 1000, counted: true, note: `at most ${most}` };
}

function synthesis(rounds: number, say: (line: string) => void): Figure {
  const times = { empty: [] as number[], rotator: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    say(`synthesizing, round ${round + 1} of ${rounds}`);
    times.empty.push(synth(''));
    times.rotator.push(synth("new (require('./lib').TunnelTokenRotator)(stack, 'Rotator');"));
  }
  return {
    id: 'packages.synth', title: 'synth of a stack with the construct', unit: 's', value: median(times.rotator),
    floor: { title: 'an empty stack', value: median(times.empty) }, note: `medians of ${rounds}, aws-cdk-lib as installed here`,
  };
}

/** Seconds. */
function synth(line: string): number {
  const app = `const { App, Stack } = require('aws-cdk-lib');
    const outdir = require('fs').mkdtempSync(require('os').tmpdir() + '/bench-synth-');
    const app = new App({ outdir });
    const stack = new Stack(app, 'Bench');
    ${line}
    app.synth();
    require('fs').rmSync(outdir, { recursive: true });`;
  const began = performance.now();
  execFileSync(process.execPath, ['-e', app], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  return (performance.now() - began) / 1000;
}
