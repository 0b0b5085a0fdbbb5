import type { SideName } from '../../../tunnel-protocol/side-name';
import { type Question, seconds } from '../question';

const SETTLED = 5_000;

export const firstTimestamps: Question = {
  id: 'first-timestamps',
  question: 'Has a side that never connected a lastUpdatedAt, and does it equal the tunnel\'s createdAt?',
  async ask(lab, subject) {
    const seen = async (side: SideName) => {
      const tunnel = await subject.describe();
      const at = tunnel[`${side}ConnectionState`]?.lastUpdatedAt;
      return at && at.getTime() - tunnel.createdAt!.getTime();
    };
    const atFirst = [await seen('source'), await seen('destination')];
    await lab.clock.wait(SETTLED);
    const later = [await seen('source'), await seen('destination')];

    const offsets = later.filter((offset) => offset !== undefined);
    const position = offsets.length < later.length ? 'missing' : Math.max(...offsets) > 0 ? 'later' : 'createdAt';
    const words = { missing: 'no lastUpdatedAt', createdAt: 'equal to createdAt', later: `${seconds(Math.max(...offsets))} after createdAt` };
    return {
      answer: words[position],
      evidence: `after createdAt, source and destination: ${listOf(atFirst)} at once, ${listOf(later)} after ${seconds(SETTLED)}`,
      certainty: 'seen',
      behaviour: { neverConnectedLastUpdatedAt: position },
    };
  },
};

const listOf = (offsets: readonly (number | undefined)[]) => offsets.map((offset) => (offset === undefined ? 'missing' : seconds(offset))).join(' and ');
