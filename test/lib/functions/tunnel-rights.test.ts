import { ClientMode, type TunnelTokenRotatorProps } from '../../../lib';
import { rotatorStack, statements } from '../synth';

const { SOURCE, DESTINATION } = ClientMode;
const arn = (resource: string) => `arn:\${AWS::Partition}:iot:\${AWS::Region}:\${AWS::AccountId}:${resource}`;
const allow = (Sid: string, Resource: string | string[], Condition: object) => ({ Sid, Effect: 'Allow', Action: 'iot:RotateTunnelAccessToken', Resource, Condition });
/** A source's rotation names no destination, and so no thing. */
const rotateSource = allow('RotateSourceTokens', arn('tunnel/*'), { StringEqualsIgnoreCase: { 'iot:ClientMode': ['SOURCE'] } });
const rotate = (Sid: string, things: string[], Condition: object) =>
  allow(Sid, [arn('tunnel/*'), ...things.map((thing) => arn(`thing/${thing}`))], Condition);
const modes = (...clientModes: string[]) => ({ StringEqualsIgnoreCase: { 'iot:ClientMode': clientModes } });
const rights = (props: TunnelTokenRotatorProps) => statements(rotatorStack(props).template(), 'RotatorRole')
  .filter((statement) => /Rotate|Carry|ListTunnels/.test((statement as { Sid: string }).Sid));

describe('the rotator may rotate', () => {
  test.each<[string, TunnelTokenRotatorProps, object[]]>([
    ['sources, by default', {}, [rotateSource]],
    ['destinations alone', { clientModes: [DESTINATION] }, [rotate('RotateDestinationTokens', ['*'], modes('DESTINATION'))]],
    ['both, one by one or together', { clientModes: [SOURCE, DESTINATION] }, [
      rotateSource, rotate('RotateDestinationTokens', ['*'], modes('DESTINATION', 'ALL')),
    ]],
    ['for the things in scope', { clientModes: [DESTINATION], tunnelScope: { things: ['pump-*', 'valve-7'] } }, [
      rotate('RotateDestinationTokens', ['pump-*', 'valve-7'], modes('DESTINATION')),
    ]],
    ['for the services in scope, where a rotation names them', { clientModes: [SOURCE, DESTINATION], tunnelScope: { services: ['SSH', 'VNC'] } }, [
      rotateSource,
      rotate('RotateDestinationTokens', ['*'], {
        ...modes('DESTINATION', 'ALL'), 'ForAnyValue:StringEquals': { 'iot:TunnelDestinationService': ['SSH', 'VNC'] },
      }),
    ]],
  ])('%s', (_what, props, expected) => {
    expect(rights(props)).toEqual(expected);
  });
});

test('the rotator may publish destination tokens on exactly the topic that was chosen', () => {
  expect(rights({ clientModes: [DESTINATION], destinationTopic: 'sites/<tunnelId>/notify' })).toContainEqual(
    { Sid: 'CarryDestinationTokens', Effect: 'Allow', Action: 'iot:Publish', Resource: arn('topic/sites/*/notify') },
  );
});
