import {
  ConnectionStatus, DescribeTunnelCommand, IoTSecureTunnelingClient, ListTunnelsCommand, ResourceNotFoundException,
  RotateTunnelAccessTokenCommand, TunnelStatus,
} from '@aws-sdk/client-iotsecuretunneling';
import { mockClient } from 'aws-sdk-client-mock';
import { AwsTunnels } from '../../../lambda/adapters/aws-tunnels';
import type { Side } from '../../../lambda/domain/vocabulary';

const CREATED = new Date('2026-01-01T00:00:00Z');
const api = mockClient(IoTSecureTunnelingClient);
const tunnels = new AwsTunnels(new IoTSecureTunnelingClient({ region: 'eu-west-1' }));
beforeEach(() => api.reset());

describe('the tunnels', () => {
  it('GIVEN an open tunnel THEN the observation holds service time in milliseconds', async () => {
    api.on(DescribeTunnelCommand).resolves({ tunnel: {
      status: TunnelStatus.OPEN, createdAt: CREATED, timeoutConfig: { maxLifetimeTimeoutMinutes: 60 },
      sourceConnectionState: { status: ConnectionStatus.CONNECTED, lastUpdatedAt: new Date(CREATED.getTime() + 1_500) },
      destinationConfig: { services: ['SSH'], thingName: 'device-1' }, tags: [{ key: 'team', value: 'blue' }],
    } });
    expect(await tunnels.observe('t')).toEqual({
      kind: 'open', at: expect.any(Number), createdAt: CREATED.getTime(), expiresAt: CREATED.getTime() + 3_600_000, services: ['SSH'], thingName: 'device-1',
      tags: { team: 'blue' }, destination: { status: 'DISCONNECTED', lastUpdatedAt: undefined }, source: { status: 'CONNECTED', lastUpdatedAt: CREATED.getTime() + 1_500 },
    });
  });

  it('GIVEN a bare answer THEN AWS\'s defaults hold: 12 hours, never connected, no services', async () => {
    api.on(DescribeTunnelCommand).resolves({ tunnel: { status: TunnelStatus.OPEN, createdAt: CREATED } });
    expect(await tunnels.observe('t')).toEqual({
      kind: 'open', at: expect.any(Number), createdAt: CREATED.getTime(), expiresAt: CREATED.getTime() + 43_200_000, services: [], thingName: undefined, tags: {},
      destination: { status: 'DISCONNECTED', lastUpdatedAt: undefined }, source: { status: 'DISCONNECTED', lastUpdatedAt: undefined },
    });
  });

  it('GIVEN a tunnel that is closed or unknown THEN it says so', async () => {
    api.on(DescribeTunnelCommand).resolvesOnce({ tunnel: { status: TunnelStatus.CLOSED } })
      .rejectsOnce(new ResourceNotFoundException({ message: 'no', $metadata: { httpStatusCode: 400 } }));
    expect(await tunnels.observe('t')).toEqual({ kind: 'closed' });
    expect(await tunnels.observe('t')).toEqual({ kind: 'unknown' });
  });

  it('GIVEN a source THEN Rotate asks for SOURCE alone, without a destination', async () => {
    api.on(RotateTunnelAccessTokenCommand).resolves({ sourceAccessToken: 'LOCALCAT-1' });
    const { tokens: { source, destination } } = await tunnels.rotate('t', ['source']);
    expect([source?.reveal() === 'LOCALCAT-1', destination]).toEqual([true, undefined]);
    expect(api.commandCalls(RotateTunnelAccessTokenCommand)[0].args[0].input).toEqual({ tunnelId: 't', clientMode: 'SOURCE' });
  });

  it.each<[readonly Side[], string]>([[['destination'], 'DESTINATION'], [['source', 'destination'], 'ALL']])(
    'GIVEN %s THEN one call asks for %s, with the destination\'s configuration', async (sides, clientMode) => {
      api.on(RotateTunnelAccessTokenCommand).resolves({ sourceAccessToken: 'LOCALCAT-1', destinationAccessToken: 'LOCALCAT-2' });
      await tunnels.rotate('t', sides, { thingName: 'device-1', services: ['SSH'] });
      expect(api.commandCalls(RotateTunnelAccessTokenCommand).map((call) => call.args[0].input))
        .toEqual([{ tunnelId: 't', clientMode, destinationConfig: { thingName: 'device-1', services: ['SSH'] } }]);
    });

  it('GIVEN a thing THEN only its tunnels are asked for', async () => {
    api.on(ListTunnelsCommand).resolves({ tunnelSummaries: [] });
    for await (const id of tunnels.openTunnelIds('device-1')) expect(id).toBeUndefined();
    expect(api.commandCalls(ListTunnelsCommand)[0].args[0].input).toMatchObject({ thingName: 'device-1' });
  });

  it('GIVEN several pages THEN every open tunnel is listed and no closed one', async () => {
    api.on(ListTunnelsCommand)
      .resolvesOnce({ tunnelSummaries: [{ tunnelId: 'a', status: TunnelStatus.OPEN }, { tunnelId: 'b', status: TunnelStatus.CLOSED }], nextToken: 'more' })
      .resolvesOnce({ tunnelSummaries: [{ tunnelId: 'c', status: TunnelStatus.OPEN }] });
    const ids = [];
    for await (const id of tunnels.openTunnelIds('device-1')) ids.push(id);
    expect(ids).toEqual(['a', 'c']);
  });
});
