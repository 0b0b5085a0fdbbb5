import { rmSync } from 'node:fs';
import { runDirectory } from './run-directory';

/** After the last test. */
export default function runEnds(): void {
  rmSync(runDirectory(), { recursive: true, force: true });
}
