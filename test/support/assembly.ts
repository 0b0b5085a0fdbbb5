import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { TunnelTokenRotator, type TunnelTokenRotatorProps } from '../../lib';
import { runDirectory } from './run-directory';

const ROOT = join(__dirname, '..', '..');

/** What `cdk synth` writes for the app of this package: made once a run, by whichever worker comes first. */
export function synthesizeApp(): string {
  const assembly = join(runDirectory(), 'assembly');
  if (existsSync(assembly)) return assembly;
  const draft = mkdtempSync(`${assembly}-`);
  execFileSync(join(ROOT, 'node_modules', '.bin', 'cdk'), ['synth', '--quiet', '--output', draft], { cwd: ROOT, stdio: 'ignore' });
  try {
    renameSync(draft, assembly);
  } catch (error) {
    if (!existsSync(assembly)) throw error;
    rmSync(draft, { recursive: true }); // another worker was faster
  }
  return assembly;
}

const made = new WeakMap<TunnelTokenRotatorProps, string>();

/** The same for a stack with one rotator of these props: made once for each props object. */
export function synthesizeRotator(props: TunnelTokenRotatorProps): string {
  const known = made.get(props);
  if (known) return known;
  const app = new App({ outdir: mkdtempSync(join(runDirectory(), 'custom-')) });
  const stack = new Stack(app, 'Custom');
  const rotator = new TunnelTokenRotator(stack, 'Rotator', props);
  new CfnOutput(stack, 'SecretPrefix', { value: rotator.secretPrefix });
  const { directory } = app.synth();
  made.set(props, directory);
  return directory;
}
