#!/usr/bin/env node
import { run } from './run';

/** For who embeds it: the same bundle is the library. */
export * from '../library';

if (require.main === module) main();

function main(): void {
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });

  void run(process.argv.slice(2), {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    interrupted,
  }).then((code) => { process.exitCode = code; });
}
