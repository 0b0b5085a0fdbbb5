import type { ClientMode } from '@aws-sdk/client-iotsecuretunneling';
import type { Behaviour } from '../../tunneling/behaviour';
import { errorName } from '../errors';
import type { Question } from '../question';

export const rotateUnused: Question = {
  id: 'rotate-unused',
  question: 'Does Rotate work before a side has ever connected?',
  async ask(_, subject) {
    const outcomes: string[] = [];
    const works = async (mode: ClientMode) => {
      const failed = await subject.rotate(mode).then(() => undefined, errorName);
      outcomes.push(`${mode}: ${failed ?? 'a new token'}`);
      return !failed;
    };
    const source = await works('SOURCE');
    const destination = await works('DESTINATION');
    const both = await works('ALL');

    const position: Behaviour['rotateBeforeFirstConnect'] = source
      ? (destination ? 'works' : 'destination-refused')
      : (destination ? 'source-refused' : 'refused');
    return {
      answer: position,
      evidence: outcomes.join(', '),
      // The local cloud takes ALL for both of its sides together.
      certainty: both === (source && destination) ? 'seen' : 'likely',
      behaviour: { rotateBeforeFirstConnect: position },
    };
  },
};
