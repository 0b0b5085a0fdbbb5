import { open, type Question, seconds } from '../question';
import { connectAndSettle, delayOf, untilShown } from '../shown';

/** A kick that has not come by then is none. */
const KICK_PATIENCE = 15_000;
const SHOW_PATIENCE = 5 * 60_000;
const PAUSE = 250;

export const rotateKicks: Question = {
  id: 'rotate-kicks',
  question: 'Does Rotate end a connection that was made with the old token, and how late does it show?',
  async ask(lab, subject) {
    const settled = await connectAndSettle(lab, subject);
    if (!settled) return open('a connection did not show as CONNECTED');
    const { connection, connectedAt, state } = settled;
    await subject.rotate('SOURCE');
    const rotatedAt = lab.clock.now();

    // Whatever is shown must be looked at while the connection is watched: it may show before it ends.
    let endedAfter: number | undefined;
    for (let elapsed = 0; endedAfter === undefined && elapsed <= KICK_PATIENCE; elapsed = lab.clock.now() - rotatedAt) {
      if (!await connection.alive()) endedAfter = lab.clock.now() - rotatedAt;
      else await lab.clock.wait(PAUSE);
    }
    if (endedAfter === undefined) {
      const { status } = await subject.settledState('source');
      await connection.leave();
      return {
        answer: 'no', evidence: `the connection was alive ${seconds(KICK_PATIENCE)} later, and showed ${status}`, certainty: 'seen',
        behaviour: { rotateKicksConnected: false },
      };
    }
    const shown = await untilShown(lab, subject, 'source', 'DISCONNECTED', rotatedAt, SHOW_PATIENCE);
    const delay = shown && delayOf(shown, { lastUpdatedAt: state.lastUpdatedAt, before: rotatedAt - connectedAt }, subject.lag);
    const late = shown ? `DISCONNECTED between ${seconds(shown.notBefore)} and ${seconds(shown.notAfter)}` : `still CONNECTED after ${seconds(SHOW_PATIENCE)}`;
    return {
      answer: delay === undefined ? 'yes, but it does not show' : delay === 0 ? 'yes, and it shows at once' : `yes, and it shows after ${seconds(delay)}`,
      evidence: `the connection ended ${seconds(endedAfter)} after Rotate; ${late}`,
      certainty: shown ? 'seen' : 'likely',
      behaviour: { rotateKicksConnected: true, kickShowsDisconnectedAfterMs: delay ?? SHOW_PATIENCE },
    };
  },
};
