import { randomUUID } from 'node:crypto';
import { refusedUpgrade } from '../errors';
import type { Question } from '../question';

export const clientToken: Question = {
  id: 'client-token',
  question: 'May a client come back with its access token, if it brings the same client token?',
  async ask(lab, subject) {
    const options = { clientToken: randomUUID() };
    const token = await subject.token('source');
    const first = await lab.connect(await subject.id(), 'source', token, options);
    await first.reset();
    const again = await lab.connect(await subject.id(), 'source', token, options).catch(refusedUpgrade);
    if ('leave' in again) await again.leave();
    const works = 'leave' in again;
    return {
      answer: works ? 'yes' : 'no',
      evidence: works ? 'it was let in a second time after a reset' : `HTTP ${again.status}: ${again.sentence}`,
      certainty: 'seen',
      behaviour: { clientTokenReuse: works ? 'works' : 'refused' },
    };
  },
};
