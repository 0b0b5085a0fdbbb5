import { MUTANTS } from '../mutants';
import { tableOf } from '../summary';
import { BEYOND } from './beyond';
import { records, type Size } from './records';
import { LARGE, QUICK } from './setting';

const HEADING = '## Everything that can happen';

/** The exploration's part of docs/simulation.md, with what was measured last. */
export function chapter(): string {
  const { worlds, falls } = records();
  const sizeOf = (name: string) => worlds.find(({ world }) => world === name);
  const rows = (of: (setting: { readonly name: string }) => boolean) => [...QUICK, ...LARGE].filter(of).flatMap(({ name }) => {
    const size = sizeOf(name);
    return size ? [rowOf(size)] : [];
  });
  const quick = QUICK.flatMap(({ name }) => sizeOf(name) ?? []);
  const open = LARGE.filter(({ name }) => !sizeOf(name)).map(({ name }) => name);
  return `${HEADING}
\`npm run explore\` leaves nothing to dice. It goes through every order of port calls, of what the source does and of what time brings, in
worlds of one tunnel, two rotators and the sweeper, with the real code: each call may be the one that crashes, is throttled or refused, whose
answer is lost, that is answered from an older state, or that lands late. States that were seen before are not gone on with, and of two calls that touch
different things one order is enough (\`docs/decisions/116-one-order-of-what-is-independent.md\`). \`--quick\` goes through the small worlds only
(${quick.reduce((sum, { seconds }) => sum + seconds, 0)} s of processor time), \`--world N\` through one, \`--states N\` gives up after so many states;
what was given up counts as a failure.
The worlds are in \`simulation/exploration/setting.ts\`. To keep them small, a signal is looked at again twice rather than five times, a source that could
act lets time pass twice at most, two sweeps follow whatever happened last, and two things never happen in one second.

${tableOf(HEAD, rows(({ name }) => QUICK.some((each) => each.name === name)))}

These take longer. What was given up was gone through for so many states without a violation.

${tableOf(HEAD, rows(({ name }) => LARGE.some((each) => each.name === name)))}
${open.length > 0 ? `\nNot yet gone into: ${open.join('; ')}.\n` : ''}
### Where the seeded bugs fall
\`npm run explore -- --mutants\` looks for each of them where it fell last, \`--bug N --world M\` tells how it comes to it.

${tableOf(['bug', 'number', 'falls in the world of', 'by invariant', 'states until then'], MUTANTS.flatMap(({ bug }, index) => {
    const fall = falls.find((each) => each.bug === bug);
    return fall ? [[bug, index + 1, fall.world, fall.invariant, fall.states]] : [];
  }))}

These need more than a small world holds; the simulation finds them.

| bug | why not here |
| --- | --- |
${BEYOND.map(({ bug, why }) => `| ${bug} | ${why} |`).join('\n')}
`;
}

const HEAD = ['world', 'schedules', 'distinct states', 'longest way', 'processor time', 'gone through', 'violations'];

const rowOf = ({ world, schedules, states, longest, seconds, complete }: Size) =>
  [world, schedules, states, longest, `${seconds.toLocaleString('en-US')} s`, complete ? 'all' : 'in part', 0];

/** The document with this chapter in place of the one that it has. */
export function withChapter(document: string): string {
  const begin = document.indexOf(HEADING);
  const end = document.indexOf('\n## ', begin + 1) + 1;
  if (begin < 0 || end === 0) throw new Error(`the document has no chapter '${HEADING}', or nothing after it`);
  return `${document.slice(0, begin)}${chapter()}\n${document.slice(end)}`;
}
