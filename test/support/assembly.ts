import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

/** What `cdk synth` writes for the app of this package. Takes two seconds; call it once a file. */
export function synthesizeApp(): string {
  const directory = mkdtempSync(join(tmpdir(), 'assembly-'));
  execFileSync(join(ROOT, 'node_modules', '.bin', 'cdk'), ['synth', '--quiet', '--output', directory], { cwd: ROOT, stdio: 'ignore' });
  return directory;
}
