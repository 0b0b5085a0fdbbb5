import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { ClientMode, TunnelTokenRotator, type TunnelTokenRotatorProps } from '../../lib';

const things = (...names: string[]): TunnelTokenRotatorProps => ({ tunnelScope: { things: names } });
const tags = (given: Record<string, string>): TunnelTokenRotatorProps => ({ tunnelScope: { tags: given } });
const services = (...names: string[]): TunnelTokenRotatorProps => ({ tunnelScope: { services: names } });

function warned(first: TunnelTokenRotatorProps, second: TunnelTokenRotatorProps): boolean {
  const stack = new Stack(new App(), 'Tunnels');
  new TunnelTokenRotator(stack, 'One', first);
  new TunnelTokenRotator(stack, 'Two', second);
  return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('serves tunnels of the same account')).length > 0;
}

describe('two rotators of one account and region', () => {
  test.each<[string, TunnelTokenRotatorProps, TunnelTokenRotatorProps]>([
    ['other things', things('pump-7'), things('pump-8', 'valve-*')],
    ['things that begin otherwise', things('pump-*'), things('valve-*')],
    ['things that end otherwise', things('*-north'), things('pump-*-south')],
    ['another value of a tag', tags({ team: 'fleet', stage: 'prod' }), tags({ team: 'fleet', stage: 'dev' })],
    ['the other side', { clientModes: [ClientMode.SOURCE] }, { clientModes: [ClientMode.DESTINATION] }],
  ])('are fine with %s', (_what, first, second) => {
    expect(warned(first, second)).toBe(false);
  });

  test.each<[string, TunnelTokenRotatorProps, TunnelTokenRotatorProps]>([
    ['no scope', {}, {}],
    ['one scope only', things('pump-*'), {}],
    ['things that both mean', things('pump-*'), things('valve-1', 'pump-7')],
    ['patterns that a name may match both', things('pump-*'), things('*-north')],
    ['other tags', tags({ team: 'fleet' }), tags({ stage: 'dev' })],
    ['the same tags', tags({ team: 'fleet' }), tags({ team: 'fleet' })],
    ['other services, because a tunnel may be for both', services('SSH'), services('VNC')],
    ['one side in common', { clientModes: [ClientMode.SOURCE, ClientMode.DESTINATION] }, { clientModes: [ClientMode.DESTINATION] }],
  ])('are warned of with %s', (_what, first, second) => {
    expect(warned(first, second)).toBe(true);
  });
});
