import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleWhatChanged } from './fresh-bundles';

/** Before the first test, in jest's own process: workers inherit its environment. */
export default function runBegins(): void {
  bundleWhatChanged();
  process.env.TEST_RUN_DIRECTORY = mkdtempSync(join(tmpdir(), 'test-run-'));
  // So nothing that a test, or what it starts, leaves in the temporary directory outlives the run.
  process.env.TMPDIR = process.env.TEST_RUN_DIRECTORY;
}
