import { open, type Question, seconds } from '../question';
import { connectAndSettle, untilIdle } from '../shown';

/** Changes at moments that no clock has round numbers for. Fewer moments may be whole seconds by chance. */
const ROUNDS = 3;
const ODD = 1_237;

export const timestamps: Question = {
  id: 'timestamps',
  question: 'How fine are the service\'s timestamps?',
  async ask(lab, subject) {
    const moments = new Set<number>();
    for (let round = 0; round < ROUNDS; round += 1) {
      await lab.clock.wait(ODD);
      const settled = await connectAndSettle(lab, subject);
      if (!settled) return open('a connection did not show as CONNECTED');
      await lab.clock.wait(ODD);
      await settled.connection.leave();
      const left = await untilIdle(lab, subject);
      for (const state of [settled.state, left]) if (state?.lastUpdatedAt !== undefined) moments.add(state.lastUpdatedAt);
    }
    const resolution = [1_000, 100, 10].find((unit) => [...moments].every((moment) => moment % unit === 0)) ?? 1;
    return {
      answer: resolution === 1 ? 'milliseconds' : seconds(resolution),
      evidence: `${moments.size} different moments, each a multiple of ${resolution} ms`,
      certainty: moments.size > ROUNDS ? 'seen' : 'likely',
      behaviour: { timestampResolutionMs: resolution },
    };
  },
};
