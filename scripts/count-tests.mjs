// Prints `N passed, N failed` from jest's own summary line, the last one in the file given.
import { readFileSync } from 'node:fs';

const summary = readFileSync(process.argv[2], 'utf8').match(/^Tests: .*$/gm)?.at(-1);
if (!summary) throw new Error(`no summary of jest in ${process.argv[2]}`);
const count = (word) => Number(summary.match(new RegExp(`(\\d+) ${word}`))?.[1] ?? 0);
if (count('passed') === 0) throw new Error('jest ran no test');
console.log(`${count('passed')} passed, ${count('failed')} failed`);
