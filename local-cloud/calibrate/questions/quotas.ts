import type { Behaviour } from '../../tunneling/behaviour';
import type { Lab, Probe } from '../lab';
import type { Answer, Question } from '../question';

/** Time over which calls are counted, after as much again in which a first allowance is used up. */
const COUNTED = 5_000;

const SWITCH: Readonly<Record<Probe, keyof Behaviour>> = {
  DescribeTunnel: 'describeQuotaPerSecond',
  ListTunnels: 'listQuotaPerSecond',
  RotateTunnelAccessToken: 'rotateQuotaPerSecond',
  CloseTunnel: 'closeQuotaPerSecond',
  OpenTunnel: 'openQuotaPerSecond',
};

/**
 * Questions that offer more calls than the account may take; others who call at the same time are throttled as well.
 *
 * @param ceiling calls a second that are never exceeded
 */
export const quotas = (ceiling: number): readonly Question[] => (Object.keys(SWITCH) as Probe[]).map((action) => ({
  id: `quota-${action}`,
  question: `At how many calls a second does ${action} throttle?`,
  async ask(lab, subject): Promise<Answer> {
    await subject.close();
    const { taken, throttled } = await offer(lab, action, await subject.id(), ceiling);
    const rate = Math.round(taken / (COUNTED / 1_000));
    return {
      answer: throttled === 0 ? `not at ${ceiling}` : `at ${rate}`,
      evidence: [
        `${taken} of ${taken + throttled} calls were taken in ${COUNTED / 1_000} s`, ...(action === 'OpenTunnel' ? ['all with an input that is refused'] : []),
      ].join(', '),
      certainty: action === 'OpenTunnel' ? 'likely' : 'seen',
      behaviour: throttled === 0 ? { [SWITCH[action]]: Infinity } : { [SWITCH[action]]: rate },
    };
  },
}));

/** Calls at a steady pace, and what became of those of the second half. */
async function offer(lab: Lab, action: Probe, closedTunnelId: string, perSecond: number) {
  const count = (perSecond * COUNTED) / 1_000;
  const calls: Promise<'taken' | 'throttled'>[] = [];
  for (let index = 0; index < 2 * count; index += 1) {
    calls.push(lab.control.probe(action, closedTunnelId));
    await lab.clock.wait(1_000 / perSecond);
  }
  const outcomes = (await Promise.all(calls)).slice(count);
  const taken = outcomes.filter((outcome) => outcome === 'taken').length;
  return { taken, throttled: outcomes.length - taken };
}
