import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..');
let directory: string | undefined;

/** What `cdk synth` writes for the app of this repository; once a run. */
export function assembly(): string {
  if (directory === undefined) {
    directory = mkdtempSync(join(tmpdir(), 'bench-assembly-'));
    execFileSync(process.execPath, [join(ROOT, 'node_modules/aws-cdk/bin/cdk'), 'synth', '--quiet', '--output', directory], { cwd: ROOT, stdio: 'ignore' });
  }
  return directory;
}
