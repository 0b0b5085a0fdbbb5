import { errorName } from '../errors';
import type { Question } from '../question';

const DOCUMENTED = 3;

export const services: Question = {
  id: 'services',
  question: 'May a tunnel have more than three services?',
  async ask(lab, subject) {
    await subject.id();
    const most = subject.services.length;
    if (most < DOCUMENTED) {
      return { answer: `no, ${most} at most`, evidence: `OpenTunnel with ${most + 1}: refused`, certainty: 'seen', behaviour: { maxServicesPerTunnel: most } };
    }
    const names = Array.from({ length: DOCUMENTED + 1 }, (_, index) => `S${index + 1}`);
    const opened = await lab.control.open({ destinationConfig: { services: names } }).catch(errorName);
    if (typeof opened !== 'string') await lab.control.close(opened.tunnelId);
    return typeof opened === 'string'
      ? { answer: 'no', evidence: `OpenTunnel with four: ${opened}`, certainty: 'seen', behaviour: { maxServicesPerTunnel: DOCUMENTED } }
      : { answer: 'yes, four at least', evidence: 'OpenTunnel with four: a tunnel', certainty: 'seen', behaviour: { maxServicesPerTunnel: Infinity } };
  },
};
