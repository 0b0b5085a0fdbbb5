import { systemClock } from '../../../local-cloud/clock';
import type { Call, Need } from '../../../local-cloud/service';
import { createTunneling } from '../../../local-cloud/tunneling/tunneling';

const { service } = createTunneling({ clock: systemClock });
const ARN = 'arn:aws:iot:eu-west-1:123456789012';

function call(action: string, input: Record<string, unknown>): Call {
  return { service: service.name, action, input, accessKeyId: 'AKIDEXAMPLE', requestId: '1' };
}

const needs = (action: string, input: Record<string, unknown>): readonly Need[] => service.needs!(call(action, input));

describe('what a role must allow', () => {
  test.each<[string, Record<string, unknown>, Need[]]>([
    ['RotateTunnelAccessToken', { tunnelId: 't-1', clientMode: 'SOURCE' }, [
      { action: 'iot:RotateTunnelAccessToken', resource: `${ARN}:tunnel/t-1`, context: { 'iot:ClientMode': 'SOURCE', 'iot:TunnelDestinationService': [] } },
    ]],
    ['RotateTunnelAccessToken', { tunnelId: 't-1', clientMode: 'ALL', destinationConfig: { thingName: 'pump-7', services: ['SSH'] } }, [
      { action: 'iot:RotateTunnelAccessToken', resource: `${ARN}:tunnel/t-1`, context: { 'iot:ClientMode': 'ALL', 'iot:TunnelDestinationService': ['SSH'] } },
      { action: 'iot:RotateTunnelAccessToken', resource: `${ARN}:thing/pump-7`, context: { 'iot:ClientMode': 'ALL', 'iot:TunnelDestinationService': ['SSH'] } },
    ]],
    ['OpenTunnel', { tags: [{ key: 'site', value: 'north' }] }, [
      {
        action: 'iot:OpenTunnel', resource: `${ARN}:tunnel/*`,
        context: { 'iot:TunnelDestinationService': [], 'aws:TagKeys': ['site'], 'aws:RequestTag/site': 'north' },
      },
      { action: 'iot:TagResource', resource: `${ARN}:tunnel/*`, context: { 'aws:TagKeys': ['site'], 'aws:RequestTag/site': 'north' } },
    ]],
    ['DescribeTunnel', { tunnelId: 't-1' }, [{ action: 'iot:DescribeTunnel', resource: `${ARN}:tunnel/t-1`, context: {} }]],
    ['CloseTunnel', { tunnelId: 't-1', delete: true }, [{ action: 'iot:CloseTunnel', resource: `${ARN}:tunnel/t-1`, context: { 'iot:Delete': 'true' } }]],
    ['ListTunnels', { thingName: 'pump-7' }, [{ action: 'iot:ListTunnels', resource: '*' }]],
    ['UntagResource', { resourceArn: `${ARN}:tunnel/t-1`, tagKeys: ['site'] }, [
      { action: 'iot:UntagResource', resource: `${ARN}:tunnel/t-1`, context: { 'aws:TagKeys': ['site'] } },
    ]],
  ])('%s with %j', (action, input, expected) => {
    expect(needs(action, input)).toEqual(expected);
  });

  test('the tags of the tunnel are condition keys of DescribeTunnel and CloseTunnel', async () => {
    const opened = await service.actions.OpenTunnel(call('OpenTunnel', { tags: [{ key: 'site', value: 'north' }] }));
    const { tunnelId } = opened as { tunnelId: string };

    expect(needs('DescribeTunnel', { tunnelId })[0].context).toEqual({ 'aws:ResourceTag/site': 'north' });
    expect(needs('CloseTunnel', { tunnelId })[0].context).toEqual({ 'aws:ResourceTag/site': 'north', 'iot:Delete': 'false' });
  });

  test('GIVEN an input that says nothing clear WHEN its needs are asked for THEN the validation error comes instead', () => {
    expect(() => needs('DescribeTunnel', { tunnelId: 'a/b' })).toThrow('tunnelId');
  });

  test.each([['upper', 'SOURCE'], ['lower', 'source']] as const)('GIVEN client modes are spelled in %s case THEN iot:ClientMode is %s', (position, spelled) => {
    const { service: other } = createTunneling({ clock: systemClock, behaviour: { clientModeSpelling: position } });
    const [need] = other.needs!(call('RotateTunnelAccessToken', { tunnelId: 't-1', clientMode: 'SOURCE' }));
    expect(need.context).toMatchObject({ 'iot:ClientMode': spelled });
  });
});
