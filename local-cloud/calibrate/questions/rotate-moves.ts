import { type Question, seconds } from '../question';

/** Longer than the coarsest timestamps that anybody shows. */
const APART = 3_000;

export const rotateMoves: Question = {
  id: 'rotate-moves',
  question: 'Does Rotate move lastUpdatedAt of a side that is not connected?',
  async ask(lab, subject) {
    if ((await subject.state('source')).lastUpdatedAt === undefined) await (await subject.connect('source')).leave();
    await lab.clock.wait(APART);
    const before = await subject.settledState('source');
    await subject.rotate('SOURCE');
    const after = await subject.state('source');
    await lab.clock.wait(APART);
    const later = await subject.settledState('source');

    const moved = later.lastUpdatedAt !== before.lastUpdatedAt;
    const by = (at: number | undefined) => (at === undefined || before.lastUpdatedAt === undefined ? 'missing' : seconds(at - before.lastUpdatedAt));
    return {
      answer: moved ? 'yes' : 'no',
      evidence: `moved by ${by(after.lastUpdatedAt)} at once and by ${by(later.lastUpdatedAt)} after ${seconds(APART)}; `
        + `status ${before.status}, then ${later.status}`,
      certainty: before.status === 'DISCONNECTED' && later.status === 'DISCONNECTED' ? 'seen' : 'likely',
      behaviour: { rotateMovesLastUpdatedAt: moved },
    };
  },
};
