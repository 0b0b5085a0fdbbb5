import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chapter } from './exploration/chapter';
import type { Catch, Result, Run } from './run';
import { SOURCE_MUTANTS, sourceCatches } from './source-mutants';
import { catchesOf, invariantsAsList, summaryOf, tableOf } from './summary';

const EXPLORED = join(__dirname, 'exploration', 'records.json');

/** The small world in which each bug fell, as the exploration wrote it down. */
function fallsOf(): ReadonlyMap<string, string> {
  if (!existsSync(EXPLORED)) return new Map();
  const { falls } = JSON.parse(readFileSync(EXPLORED, 'utf8')) as { falls: readonly { bug: string; world: string }[] };
  return new Map(falls.map(({ bug, world }) => [bug, world]));
}

/** docs/simulation.md, from a run and a hunt. */
export function documentOf(result: Result, catches: readonly Catch[], { seed, drops }: Pick<Run, 'seed' | 'drops'>): string {
  const unitTests = sourceCatches();
  return `<!-- Written by \`npm run simulate -- --seed ${seed} --drops ${drops} --document docs/simulation.md\`: do not edit. -->
# The simulation

\`npm run simulate\` runs the code that ships (\`recover\`, \`decide\`, \`sweep\`, \`normalise\`) in thousands of small pretended worlds,
in virtual time, on one core. The same seed always gives the same worlds.

A world has a few tunnels, a queue, a ledger, secrets, two to ten rotators at a time and a sweep a minute. In it, any call to AWS may
crash its invocation, hang until Lambda kills it, be throttled, fail with or without effect, time out and land late, or be sent
twice. Messages are lost, doubled, delayed and handed out again. Instances' clocks differ. Sources drop with and without a FIN;
they signal with proof, without, late, again and again, or not at all; they lie, and they take a minute to connect. What nobody
could find out about AWS (does Rotate move \`lastUpdatedAt\`, does it end the old connection, how late does an end show, does time have
milliseconds) is decided anew for each world. Then the faults stop, and all must recover; then the tunnels end, and nothing may be left.

## What must always hold
${invariantsAsList()}

A drop within the 5 s tolerance after the opening that nobody can prove looks like a token never used: it takes a \`token-request\`. So does one
within the second of the last rotation: there the token that lies in the secret is the answer to a request, so it takes a proof, or of a device
that it asks again. That is known, and accepted.

## What was counted
${summaryOf(result)}

One wait is not bounded: somebody deletes the secret at once while a rotator dies over it, or before its token was read; the drop is silent; and Rotate
moves the timestamp and cuts nobody. Then the proofs can't be told from each other (decision 011), and the drop waits until the service shows it.
World 650 of seed 1 is one.

A million drops from each of the seeds 1, 2 and 3, about 28,000 worlds each, break two worlds a seed. They are open. Two are of devices that still wait for a
token minutes after the last fault (world 16577 of seed 1, 10529 of seed 3). Four are of sources that were rotated with some of their grace left
(28897 of seed 1, 20894 and 27863 of seed 2, 19685 of seed 3): in the one that was looked at, 27863, the client healed itself and dropped again between
the last look and Rotate.

## It can fail
Each of these bugs is put into the code by wrapping its ports or changing its policy (\`simulation/safety-mutants.ts\`,
\`simulation/liveness-mutants.ts\`), and must be found. The tests look for each where it was found last; \`--bugs\` hunts them from scratch.
\`--bug N\` puts one in by hand: \`npm run simulate -- --bug 10\` tells how it does harm. The exploration's column names the small world in which it falls.

${catchesOf(catches, seed, fallsOf())}

These live where no port can be wrapped. \`npm run source-mutants\` writes each into a copy of the sources, where a unit test must fail;
what is named here failed.

${tableOf(['bug', 'caught by the unit test', 'in'], SOURCE_MUTANTS.map(({ bug }) => (
    [bug, unitTests[bug]?.test ?? 'not caught', `\`${unitTests[bug]?.file ?? ''}\``])))}

${chapter()}
## When it fails
It prints the shortest story that it can find for the violation, in words, and the command that tells it again, for example
\`npm run simulate -- --seed 2 --world 6537 --tunnels 0 --faults 0.s3.observe2 --drops-each 3\`. A fault is named after the message
and the call that it befell: here the second DescribeTunnel for the third signal of tunnel 0's source. \`+\` stands for a recheck, \`.r2\` for
the second time that a message was handed out, \`m\` for mischief. \`--help\` lists the options.

## What it found
- The SDK repeated a Rotate that seemed lost; the first request landed late and revoked the token that the second had returned.
- A Rotate that went unanswered gave its claim back, and landed after somebody else's rotation.
- A commit that the SDK repeated erased the claim that somebody had taken since.
- Rechecks of a flapping tunnel never ended: 776 messages and 35,705 announcements for 99 rotations, without a single fault.
- After a rotation that crashed before its delivery, the proof of an honest source was never believed again. The exploration
  came to it after 2,094 states of a world of one drop and one crash. Now doubt is looked up, and 60,000 states of that world hold no such way.

## How far it reaches
- What is pretended stands in for the adapters. A test holds the pretended ledger against the real one; the others have their own.
- A request that its caller gave up lands within 4.9 s, less twice the clocks' difference, or never.
- A hint within the clocks' difference of a delivery may count as answered by it; then the sweep is behind it. So it is with a budget that was empty.
- Rotate is never sent twice, unless it was throttled: the adapter promises that.
- DescribeTunnel may tell what was true a second ago; of a connection that came into being within that second, no look can know.
- Twenty hints a second are part of worlds in which calls are fast: two rotators whose every other call takes seconds can't take so many out of the queue.
- A secret that somebody deletes while its source says nothing is made again by nobody: the sweep may not see secrets.
- A device that says once only that it has no token is promised nothing where its drop falls into the second of the last rotation.
`;
}
