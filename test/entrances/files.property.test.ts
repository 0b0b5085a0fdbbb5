import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { startLocalCloud } from '../../local-cloud/cloud';
import { AdjustableClock } from '../../local-cloud/clock';
import { parseProfile, ProfileError } from '../../local-cloud/profile';
import { StateError } from '../../local-cloud/state/state-file';
import { CASES, odd, or } from '../support/cases';

/** Files that somebody edited: a profile, a state file. */
const document = (right: fc.Arbitrary<unknown>) => fc.oneof(or(right).map((each) => String(JSON.stringify(each))), fc.string());

test('GIVEN a profile that somebody edited THEN it is read, or refused by name', () => {
  const names = fc.constantFrom('rotateMovesLastUpdatedAt', 'rotateKicksConnected', 'silentDropDelayMs', 'clientTokenReuse', 'no-such-switch', '__proto__', 'constructor');
  const profile = fc.record({ schemaVersion: or(fc.constant(1)), measuredOn: odd, region: odd, behaviour: or(fc.dictionary(names, odd)), answers: odd }, { requiredKeys: [] });
  fc.assert(fc.property(document(profile), (edited) => {
    try {
      parseProfile(edited, 'profile.json');
    } catch (error) {
      if (!(error instanceof ProfileError)) throw error;
    }
  }), CASES);
});

describe('a state file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'state-files-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'state.json');

  test('GIVEN a state file that somebody edited THEN a cloud stands up with it, or refuses it by name', async () => {
    const place = or(fc.record({ account: or(fc.constant('123456789012')), region: or(fc.constant('eu-west-1')), secrets: or(fc.array(odd)), queues: or(fc.array(odd)), tables: odd, tunneling: odd }, { requiredKeys: [] }));
    const state = fc.record({ version: or(fc.constant(2)), names: or(fc.constant({})), places: or(fc.array(place, { maxLength: 2 })) }, { requiredKeys: [] });
    await fc.assert(fc.asyncProperty(document(state), async (edited) => {
      writeFileSync(file, edited);
      const cloud = await startLocalCloud({ stateFile: file, clock: new AdjustableClock({ stopped: true }) }).catch((error: unknown) => {
        if (!(error instanceof StateError)) throw error;
      });
      await cloud?.close();
    }), CASES);
  });
});
