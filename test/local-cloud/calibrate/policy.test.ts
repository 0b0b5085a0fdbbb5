import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { measure, type Answered } from '../../../local-cloud/calibrate/measure';
import { QUESTIONS } from '../../../local-cloud/calibrate/questions';
import { quotas } from '../../../local-cloud/calibrate/questions/quotas';
import { rehearse } from '../../../local-cloud/calibrate/rehearsal';

const DOCUMENT = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'calibration.md'), 'utf8');
const POLICY = JSON.parse(/<!-- policy: begin -->\n```json\n([^]*?)```/.exec(DOCUMENT)?.[1] ?? '') as { Statement: { Action: string | string[] }[] };

/** MQTT has its own rights, which the local cloud's broker does not ask for. */
const OVER_MQTT = ['iot:Connect', 'iot:Subscribe', 'iot:Receive'];

test('GIVEN a role with the policy of docs/calibration.md WHEN every question is asked THEN no call is refused, and no right is there for nothing', async () => {
  const { cloud, lab, close } = await rehearse({ policy: POLICY, thing: 'spare-thing', role: 'tunnel-rotating' });
  const answers: Answered[] = [];
  try {
    await measure(lab, [...QUESTIONS, ...quotas(2)], (answer) => answers.push(answer));
    await lab.control.closeAll();
  } finally {
    await close();
  }

  // The one refusal that is wanted: IAM sees the client mode in one spelling only.
  expect(cloud.calls.denied.map(({ action, role }) => `${role}: ${action}`)).toEqual(['tunnel-rotating: RotateTunnelAccessToken']);
  expect(answers.filter(({ certainty }) => certainty === 'open').map(({ id, evidence }) => `${id}: ${evidence}`)).toEqual([]);
  const needed = new Set(cloud.calls.records.filter(({ role }) => role === 'measurer').flatMap(({ needs }) => needs.map(({ action }) => action)));
  const allowed = POLICY.Statement.flatMap(({ Action }) => Action);
  expect([...needed, ...OVER_MQTT].sort()).toEqual([...allowed].sort());
}, 120_000);
