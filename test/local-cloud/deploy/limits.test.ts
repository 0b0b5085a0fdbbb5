import { ClientMode } from '../../../lib';
import { synthesizeRotator } from '../../support/assembly';
import { withCloud } from '../support';

const running = withCloud();

/** `test/lib/functions/limits.test.ts` has the next one refused at synth. */
test('as many things as a synth lets through are few enough for IAM', async () => {
  const things = Array.from({ length: 140 }, (_, index) => `pump-houses-${1000 + index}`);
  const stack = await running.cloud.deploy(synthesizeRotator({ clientModes: [ClientMode.DESTINATION], tunnelScope: { things } }));
  expect(stack.notes).toEqual([]);
});
