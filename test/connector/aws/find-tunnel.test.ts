import { choose, type OpenTunnel } from '../../../connector/aws/find-tunnel';

const NOW = 1_000_000;
const tunnel = (tunnelId: string, left: number, over: Partial<OpenTunnel> = {}): OpenTunnel =>
  ({ tunnelId, thing: 'pump-7', services: ['SSH', 'RDP'], source: 'DISCONNECTED', destination: 'CONNECTED', expiresAt: NOW + left, ...over });

describe('of the open tunnels to a thing', () => {
  it.each<[string, OpenTunnel[], string[], string | undefined]>([
    ['there is none', [], [], undefined],
    ['the one that lasts longest', [tunnel('a', 20_000), tunnel('b', 30_000)], ['SSH'], 'b'],
    ['a free one, even if it ends sooner', [tunnel('a', 20_000), tunnel('b', 30_000, { source: 'CONNECTED' })], [], 'a'],
    ['one in use, if there is no other', [tunnel('b', 30_000, { source: 'CONNECTED' })], [], 'b'],
    ['not one that is about to end', [tunnel('a', 9_999)], [], undefined],
    ['one that lasts just long enough', [tunnel('a', 10_000)], [], 'a'],
    ['not one for other services', [tunnel('a', 20_000)], ['SSH', 'VNC'], undefined],
  ])('%s', (_, tunnels, services, chosen) => {
    expect(choose(tunnels, { services, left: 10_000 }, NOW)?.tunnelId).toBe(chosen);
  });
});
