import { ClientMode } from '../../../lib';
import { rotatorStack } from '../synth';

const IRELAND = { env: { account: '123456789012', region: 'eu-west-1' } };
const pumps = (count: number) => Array.from({ length: count }, (_, index) => `pump-houses-${1000 + index}`);
const serve = (count: number, clientMode: ClientMode, managedPolicies = false) => () =>
  rotatorStack({ clientModes: [clientMode], tunnelScope: { things: pumps(count) }, managedPolicies }, IRELAND);

describe('what AWS would refuse at deployment is refused at synth', () => {
  test.each([139, 140])('GIVEN %i things THEN they are taken', (count) => {
    expect(serve(count, ClientMode.DESTINATION)).not.toThrow();
  });

  test('GIVEN the 141st, more than IAM takes in a policy THEN the message says what to do', () => {
    expect(serve(141, ClientMode.DESTINATION)).toThrow('the policy of Tunnels/Rotator/Rotator must have at most 10240 characters, because IAM takes no more, but has 10277. '
      + 'tunnelScope.things is what grows there: name many things by one pattern with *, tell tunnels apart by tunnelScope.tags, or divide the things among several rotators');
  });

  test('GIVEN more than IAM takes in a managed policy THEN the same', () => {
    expect(serve(65, ClientMode.DESTINATION, true)).not.toThrow();
    expect(serve(85, ClientMode.DESTINATION, true)).toThrow(
      /^the policy of Tunnels\/Rotator\/Rotator must have at most 6144 characters, because IAM takes no more, but has \d+\. .*by one pattern with \*/);
  });

  test('GIVEN a source\'s rotations, whose right names no thing WHEN there are more things than Lambda takes in an environment THEN the message says what to do', () => {
    expect(serve(200, ClientMode.SOURCE)).not.toThrow();
    expect(serve(400, ClientMode.SOURCE)).toThrow(
      /^the environment of Tunnels\/Rotator\/Rotator must have at most 4096 bytes, because Lambda takes no more, but has \d+\. /);
  });
});
