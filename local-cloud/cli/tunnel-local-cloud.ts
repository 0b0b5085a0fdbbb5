#!/usr/bin/env node
import { createInterface } from 'node:readline/promises';
import { run } from './run';

/** For who embeds it: the same bundle is the library. */
export * from '../library';

if (require.main === module) main();

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

function main(): void {
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });

  void run(process.argv.slice(2), {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    interrupted,
    ...(process.stdin.isTTY && { ask }),
  }).then((code) => { process.exitCode = code; });
}
