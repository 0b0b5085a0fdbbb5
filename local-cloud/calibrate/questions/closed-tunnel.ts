import { errorName } from '../errors';
import { open, type Question } from '../question';

export const closedTunnel: Question = {
  id: 'closed-tunnel',
  question: 'Which error does Rotate answer for a closed tunnel?',
  async ask(_, subject) {
    await subject.close();
    const name = await subject.rotate('SOURCE').then(() => undefined, errorName);
    if (!name) return open('Rotate answered a token for a closed tunnel');
    return { answer: name, evidence: `Rotate after CloseTunnel: ${name}`, certainty: 'seen', behaviour: { rotateClosedTunnelError: name } };
  },
};
