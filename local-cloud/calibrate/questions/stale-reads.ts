import type { Lab } from '../lab';
import { type Question, seconds } from '../question';
import { untilIdle } from '../shown';
import type { Subject } from '../subject';

/** Ten calls a second, which AWS takes from anybody. */
const PAUSE = 100;
const LOOKS = 50;
/** Nobody's answers are so old. */
const SETTLED = 5_000;
/** Short and rare staleness is missed by fewer. */
const FIRST_ROUNDS = 4;
const MORE_ROUNDS = 4;

/** One answer of DescribeTunnel, so many milliseconds after a change. */
interface Look {
  readonly age: number;
  readonly isOld: boolean;
}

export const staleReads: Question = {
  id: 'stale-reads',
  question: 'May DescribeTunnel answer from before a change, how often, and for how long?',
  async ask(lab, subject) {
    const looks: Look[] = [];
    const rounds = async (count: number) => { for (let round = 0; round < count; round += 1) looks.push(...await lookAfterConnecting(lab, subject)); };
    await rounds(FIRST_ROUNDS);
    if (looks.some(({ isOld }) => isOld)) await rounds(MORE_ROUNDS);

    const old = looks.filter(({ isOld }) => isOld);
    if (old.length === 0) {
      return { answer: 'not seen', evidence: `${looks.length} looks after a connection showed it`, certainty: 'seen', behaviour: { staleDescribeShare: 0 } };
    }
    // The next look, a pause later, would have been old as well if answers were any older.
    const lag = Math.max(...old.map(({ age }) => age)) + PAUSE;
    const within = looks.filter(({ age }) => age < lag);
    const share = old.length / within.length;
    subject.lag = lag;
    return {
      answer: `${Math.round(share * 100)} % of the answers, up to ${seconds(lag)} after the change`,
      evidence: `${old.length} of ${within.length} looks within ${seconds(lag)} after a connection did not show it`,
      // Without one look that shows the change before one that does not, it may be late rather than read from an old copy.
      certainty: share < 1 ? 'seen' : 'likely',
      behaviour: { staleDescribeShare: Math.round(share * 100) / 100, staleDescribeLagMs: lag },
    };
  },
};

async function lookAfterConnecting(lab: Lab, subject: Subject): Promise<Look[]> {
  await untilIdle(lab, subject);
  await lab.clock.wait(SETTLED);
  const connection = await subject.connect('source');
  const since = lab.clock.now();
  const looks: Look[] = [];
  for (let count = 0; count < LOOKS; count += 1) {
    const { status } = await subject.state('source');
    looks.push({ age: lab.clock.now() - since, isOld: status !== 'CONNECTED' });
    await lab.clock.wait(PAUSE);
  }
  await connection.leave();
  return looks;
}
