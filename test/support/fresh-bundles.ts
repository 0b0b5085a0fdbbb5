import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

/** What is bundled, one file that the bundling writes, and the folders whose sources go into it. */
const BUNDLES = [
  { outdir: 'assets', made: 'assets/cleaner/index.js', sources: ['lambda', 'lib'] },
  { outdir: 'connector/dist', made: 'connector/dist/tunnel-source.js', sources: ['connector', 'tunnel-protocol', 'lib'] },
  { outdir: 'local-cloud/dist', made: 'local-cloud/dist/tunnel-local-cloud.js', sources: ['local-cloud', 'tunnel-protocol', 'lib'] },
];

/** Stories run the bundles that ship; those of yesterday's sources would prove nothing of today's, and fail in ways that nobody understands. */
export function bundleWhatChanged(): void {
  const stale = BUNDLES.filter(({ made, sources }) => writtenAt(made) < Math.max(...sources.map(newest))).map(({ outdir }) => outdir);
  if (stale.length === 0) return;
  process.stderr.write(`Sources are newer than ${stale.join(', ')}: bundling them again\n`);
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'bundle.mjs'), ...stale], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
}

function writtenAt(file: string): number {
  return statSync(join(ROOT, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newest(folder: string): number {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true });
  return Math.max(0, ...entries.map((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) ? 0 : newest(path);
    return /(?<!\.d)\.(ts|cjs)$/.test(entry.name) ? writtenAt(path) : 0;
  }));
}
