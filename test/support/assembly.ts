import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { TunnelTokenRotator, type TunnelTokenRotatorProps } from '../../lib';

const ROOT = join(__dirname, '..', '..');
const newDirectory = () => mkdtempSync(join(tmpdir(), 'assembly-'));

/** What `cdk synth` writes for the app of this package. Takes two seconds; call it once a file. */
export function synthesizeApp(): string {
  const directory = newDirectory();
  execFileSync(join(ROOT, 'node_modules', '.bin', 'cdk'), ['synth', '--quiet', '--output', directory], { cwd: ROOT, stdio: 'ignore' });
  return directory;
}

/** The same for a stack with one rotator of these props. */
export function synthesizeRotator(props: TunnelTokenRotatorProps): string {
  const app = new App({ outdir: newDirectory() });
  const stack = new Stack(app, 'Custom');
  const rotator = new TunnelTokenRotator(stack, 'Rotator', props);
  new CfnOutput(stack, 'SecretPrefix', { value: rotator.secretPrefix });
  return app.synth().directory;
}
