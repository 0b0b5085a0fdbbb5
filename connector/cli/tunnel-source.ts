#!/usr/bin/env node
import { run } from './run';

/** For who embeds it: the same bundle is the library. */
export * from '../library';

if (require.main === module) {
  // The terminal, or whoever read our output, may be gone before us.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

  void run(process.argv.slice(2), {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signals: process,
    now: Date.now,
  }).then((exitCode) => {
    process.exitCode = exitCode;
  });
}
