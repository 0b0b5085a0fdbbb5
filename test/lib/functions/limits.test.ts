import { ClientMode } from '../../../lib';
import { rotatorStack } from '../synth';

const IRELAND = { env: { account: '123456789012', region: 'eu-west-1' } };
const things = (count: number) => Array.from({ length: count }, (_, index) => `pump-${1000 + index}`);
const serve = (count: number, clientModes: ClientMode[]) => () => rotatorStack({ clientModes, tunnelScope: { things: things(count) } }, IRELAND);

describe('what AWS would refuse at deployment is refused at synth', () => {
  test('GIVEN more things than IAM takes in a policy THEN the message says what to do', () => {
    expect(serve(100, [ClientMode.DESTINATION])).not.toThrow();
    expect(serve(180, [ClientMode.DESTINATION])).toThrow(
      /^the policy of Tunnels\/Rotator\/Rotator must have at most 10240 characters, because IAM takes no more, but has \d+\. .*by one pattern with \*/);
  });

  test('GIVEN more things than Lambda takes in an environment THEN the message says what to do', () => {
    expect(serve(200, [ClientMode.SOURCE])).not.toThrow();
    expect(serve(400, [ClientMode.SOURCE])).toThrow(
      /^the environment of Tunnels\/Rotator\/Rotator must have at most 4096 bytes, because Lambda takes no more, but has \d+\. /);
  });
});
