import type { Behaviour } from '../tunneling/behaviour';
import { InterruptedError, type Lab } from './lab';
import { type Answer, open, type Question } from './question';
import { Subject } from './subject';

export interface Answered extends Answer {
  readonly id: string;
  readonly question: string;
}

/**
 * Asks one question after the other. A question that fails stays open, and the next ones get a tunnel that nobody touched.
 *
 * @param heard is called with each answer as soon as it is there
 * @throws InterruptedError
 */
export async function measure(lab: Lab, questions: readonly Question[], heard: (answer: Answered) => void): Promise<void> {
  let subject = new Subject(lab);
  for (const { id, question, ask } of questions) {
    const answer = await ask(lab, subject).catch((error: unknown) => {
      if (error instanceof InterruptedError) throw error;
      subject = new Subject(lab);
      return open(`it failed: ${error instanceof Error ? error.name : 'for no known reason'}`);
    });
    heard({ id, question, ...answer });
  }
}

/** All answers together, as switches of the local cloud. */
export function behaviourOf(answers: readonly Answer[]): Partial<Behaviour> {
  const all = answers.map(({ behaviour }) => behaviour);
  const sentences = Object.assign({}, ...all.map(({ refusals }) => refusals)) as Behaviour['refusals'];
  return { ...(Object.assign({}, ...all) as Partial<Behaviour>), ...(all.some(({ refusals }) => refusals) && { refusals: sentences }) };
}
