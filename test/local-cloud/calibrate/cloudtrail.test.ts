import type { Lab } from '../../../local-cloud/calibrate/lab';
import { cloudTrail } from '../../../local-cloud/calibrate/questions/cloudtrail';
import type { Subject } from '../../../local-cloud/calibrate/subject';

const MINE = { tunnelId: 't-1' };
const TOKEN = 'LOCALCAT'.repeat(8);

/** Asks with a history of these events, newest first; time passes while it waits. */
async function asked(history: Lab['history']) {
  let now = 0;
  const lab = { history, clock: { now: () => now, wait: async (milliseconds: number) => { now += milliseconds; } } };
  const subject = { id: async () => 't-1', token: async () => '', rotate: async () => ({}) };
  return cloudTrail.ask(lab as unknown as Lab, subject as unknown as Subject);
}

test.each([
  ['a token', [{ requestParameters: MINE, responseElements: { sourceAccessToken: TOKEN } }], 'shown'],
  ['a placeholder', [{ requestParameters: MINE, responseElements: { sourceAccessToken: 'HIDDEN_DUE_TO_SECURITY_REASONS_AND_MORE' } }], 'hidden'],
  ['stars', [{ requestParameters: MINE, responseElements: { sourceAccessToken: '*'.repeat(40) } }], 'hidden'],
  ['no answer at all', [{ requestParameters: MINE, responseElements: null }], 'hidden'],
  ['a token, after a call that was throttled', [
    { requestParameters: MINE, errorCode: 'ThrottlingException', responseElements: null }, { requestParameters: MINE, responseElements: { sourceAccessToken: TOKEN } },
  ], 'shown'],
  ['another tunnel\'s token', [{ requestParameters: { tunnelId: 't-2' }, responseElements: { sourceAccessToken: TOKEN } }], 'absent'],
  ['nothing', [], 'absent'],
])('GIVEN a history with %s THEN it is told from all others, and the answer holds no token', async (_, events, position) => {
  const answer = await asked(async () => events);

  expect(answer.behaviour).toEqual({ cloudTrail: position });
  expect(JSON.stringify(answer).includes('LOCALCAT')).toBe(false);
});

test('GIVEN the history may not be looked up THEN the question stays open', async () => {
  const answer = await asked(async () => { throw Object.assign(new Error('arn'), { name: 'AccessDeniedException' }); });

  expect(answer).toMatchObject({ certainty: 'open', evidence: 'LookupEvents: AccessDeniedException', behaviour: {} });
});
