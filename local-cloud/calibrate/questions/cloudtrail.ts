import { errorName } from '../errors';
import { open, type Question, seconds } from '../question';

const PATIENCE = 15 * 60_000;
const PAUSE = 30_000;
/** Clocks differ. */
const MARGIN = 60_000;
const SHORTEST_TOKEN = 32;

export const cloudTrail: Question = {
  id: 'cloudtrail',
  question: 'Does CloudTrail tell of Rotate, how late, and does it hide the token?',
  async ask(lab, subject) {
    const tunnelId = await subject.id();
    const since = lab.clock.now();
    await subject.token('source');
    await subject.rotate('SOURCE');
    for (;;) {
      const events = await lab.history('RotateTunnelAccessToken', since - MARGIN).catch(errorName);
      if (typeof events === 'string') return open(`LookupEvents: ${events}`);
      // A call that was refused, for coming too often, had no token to hide.
      const ours = events.find(({ errorCode, requestParameters }) =>
        errorCode === undefined && (requestParameters as { tunnelId?: string } | undefined)?.tunnelId === tunnelId);
      const elapsed = lab.clock.now() - since;
      if (ours) {
        const shown = tokenIn(ours.responseElements);
        return {
          answer: `yes, and it ${shown ? 'shows' : 'hides'} the token`,
          evidence: `an event of ${String(ours.eventSource)} within ${seconds(elapsed)}; in the token's place: ${shown ? 'text as long as one' : 'none'}`,
          certainty: 'seen',
          behaviour: { cloudTrail: shown ? 'shown' : 'hidden' },
        };
      }
      if (elapsed > PATIENCE) {
        return { answer: 'no', evidence: `no event within ${seconds(PATIENCE)}`, certainty: 'likely', behaviour: { cloudTrail: 'absent' } };
      }
      await lab.clock.wait(PAUSE);
    }
  },
};

function tokenIn(responseElements: unknown): boolean {
  const { sourceAccessToken } = (responseElements ?? {}) as { sourceAccessToken?: unknown };
  return typeof sourceAccessToken === 'string' && sourceAccessToken.length >= SHORTEST_TOKEN && !/^(HIDDEN_|\*)/.test(sourceAccessToken);
}
