import type { Behaviour } from '../../tunneling/behaviour';
import type { Connected, Lab } from '../lab';
import { open, type Answer, type Question, seconds } from '../question';
import { connectAndSettle, delayOf, untilShown } from '../shown';
import type { Subject } from '../subject';

const PATIENCE = 20 * 60_000;

type Delay = 'cleanDropDelayMs' | 'resetDropDelayMs' | 'silentDropDelayMs';

/** Connects a source, lets it go in one way, and looks how long it goes on showing CONNECTED. */
async function measure(lab: Lab, subject: Subject, name: Delay, end: (connection: Connected) => Promise<void>): Promise<Answer> {
  const settled = await connectAndSettle(lab, subject);
  if (!settled) return open('a connection did not show as CONNECTED');
  await end(settled.connection);
  const endedAt = lab.clock.now();
  const shown = await untilShown(lab, subject, 'source', 'DISCONNECTED', endedAt, PATIENCE);
  if (!shown) {
    return {
      answer: `not within ${seconds(PATIENCE)}`, evidence: `still CONNECTED after ${seconds(PATIENCE)}`, certainty: 'likely',
      behaviour: { [name]: PATIENCE } as Partial<Behaviour>,
    };
  }
  const delay = delayOf(shown, { lastUpdatedAt: settled.state.lastUpdatedAt, before: endedAt - settled.connectedAt }, subject.lag);
  return {
    answer: delay === 0 ? 'at once' : `after ${seconds(delay)}`,
    evidence: `DISCONNECTED between ${seconds(shown.notBefore)} and ${seconds(shown.notAfter)} after the drop`,
    certainty: 'seen',
    behaviour: { [name]: delay } as Partial<Behaviour>,
  };
}

export const cleanDrop: Question = {
  id: 'clean-drop',
  question: 'How late does it show that a client left with a close frame?',
  ask: (lab, subject) => measure(lab, subject, 'cleanDropDelayMs', (connection) => connection.leave()),
};

export const resetDrop: Question = {
  id: 'reset-drop',
  question: 'How late does it show that a client\'s TCP connection was reset?',
  ask: (lab, subject) => measure(lab, subject, 'resetDropDelayMs', (connection) => connection.reset()),
};

export const silentDrop: Question = {
  id: 'silent-drop',
  question: 'How late does it show that a client vanished without a word?',
  async ask(lab, subject) {
    const { silence } = lab;
    if (!silence) return open('a network that swallows everything needs a firewall rule: --silencer');
    return measure(lab, subject, 'silentDropDelayMs', silence);
  },
};
