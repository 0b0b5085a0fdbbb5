import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalCloud } from '../../../local-cloud/cloud';
import { formatProfile, ProfileError, readProfile } from '../../../local-cloud/profile';
import { LIKELY_BEHAVIOUR } from '../../../local-cloud/tunneling/behaviour';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'profile-'));
  file = join(directory, 'aws-profile.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

const measured = { measuredOn: '2026-01-31', region: 'eu-west-1', answers: [] };

test('GIVEN a profile WHEN the local cloud starts with it THEN it does so, likely where the profile says nothing, and otherwise as it is told', async () => {
  writeFileSync(file, formatProfile({ ...measured, behaviour: { rotateKicksConnected: false, maxServicesPerTunnel: Infinity, refusals: { 'tunnel-closed': 'No more.' } } }));

  const cloud = await startLocalCloud({ profile: file, tunneling: { rotateMovesLastUpdatedAt: true } });
  const { behaviour } = cloud.tunneling;
  await cloud.close();

  expect(behaviour).toEqual({
    ...LIKELY_BEHAVIOUR, rotateKicksConnected: false, maxServicesPerTunnel: Infinity, refusals: { 'tunnel-closed': 'No more.' }, rotateMovesLastUpdatedAt: true,
  });
});

test('what is written comes back', () => {
  const behaviour = { silentDropDelayMs: 61_000, describeQuotaPerSecond: Infinity };
  const answers = [{ id: 'x', question: 'Is it?', answer: 'yes', evidence: 'it was', certainty: 'seen' }];
  writeFileSync(file, formatProfile({ ...measured, answers, behaviour }));

  expect(readProfile(file)).toEqual({ schemaVersion: 1, ...measured, answers, behaviour });
});

test.each([
  ['nothing', undefined, 'cannot be read'],
  ['no JSON', '{', 'cannot be read'],
  ['something else', '{}', 'is no profile'],
  ['a newer version', '{"schemaVersion": 2, "behaviour": {}}', 'is no profile of version 1'],
  ['a switch that is not there', '{"schemaVersion": 1, "behaviour": {"colour": "green"}}', 'no switch \'colour\''],
  ['an impossible position', '{"schemaVersion": 1, "behaviour": {"rotateKicksConnected": "maybe"}}', 'rotateKicksConnected must be a boolean'],
  ['a position in a list', '{"schemaVersion": 1, "behaviour": {"clientTokenReuse": ["works"]}}', 'clientTokenReuse must be works or refused, not ["works"]'],
  ['a position that is no text at all', '{"schemaVersion": 1, "behaviour": {"clientTokenReuse": {"toString": null}}}', 'clientTokenReuse must be works or refused'],
])('GIVEN a file with %s THEN it is refused, and the message says why', async (_, text, why) => {
  if (text !== undefined) writeFileSync(file, text);

  const error = await startLocalCloud({ profile: file }).catch((reason: unknown) => reason);

  expect(error).toBeInstanceOf(ProfileError);
  expect((error as Error).message).toContain(why);
  expect((error as Error).message).toContain(file);
});

test('a profile is text that people can read', () => {
  writeFileSync(file, formatProfile({ ...measured, behaviour: { timestampResolutionMs: 1_000 } }));
  expect(readFileSync(file, 'utf8')).toContain('\n  "measuredOn": "2026-01-31"');
});
