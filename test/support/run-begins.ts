import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Before the first test, in jest's own process: workers inherit its environment. */
export default function runBegins(): void {
  process.env.TEST_RUN_DIRECTORY = mkdtempSync(join(tmpdir(), 'test-run-'));
}
