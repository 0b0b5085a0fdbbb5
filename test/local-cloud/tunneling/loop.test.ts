import {
  DescribeTunnelCommand, OpenTunnelCommand, RotateTunnelAccessTokenCommand, type OpenTunnelResponse,
} from '@aws-sdk/client-iotsecuretunneling';
import { connectDestination, connectSource, UpgradeRefusedError, type Source } from '../../../tunnel-protocol/peer';
import { until } from '../../support/until';
import { exchange, ManualClock, openStage, type Stage } from './stage';

let stage: Stage;
let clock: ManualClock;
beforeEach(async () => {
  clock = new ManualClock();
  stage = await openStage({ clock });
});
afterEach(() => stage.close());

async function openTunnel(): Promise<Required<Pick<OpenTunnelResponse, 'tunnelId' | 'sourceAccessToken' | 'destinationAccessToken'>>> {
  const opened = await stage.client.send(new OpenTunnelCommand({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } }));
  return opened as never;
}

async function sourceState(tunnelId: string): Promise<string | undefined> {
  const { tunnel } = await stage.client.send(new DescribeTunnelCommand({ tunnelId }));
  return tunnel?.sourceConnectionState?.status;
}

async function rotateSource(tunnelId: string): Promise<string> {
  const { sourceAccessToken } = await stage.client.send(new RotateTunnelAccessTokenCommand({ tunnelId, clientMode: 'SOURCE' }));
  return sourceAccessToken!;
}

const connectDevice = (token: string) => connectDestination({ endpoint: stage.endpoint, token, targets: { SSH: { port: stage.echoPort } } });

async function echo(source: Source, text: string): Promise<string> {
  const stream = source.openStream();
  const heard = await exchange(stream, text);
  stream.end();
  return heard;
}

describe('the loop that the product closes', () => {
  test('GIVEN both sides connected WHEN the source sends bytes THEN the device sends them back', async () => {
    const { tunnelId, sourceAccessToken, destinationAccessToken } = await openTunnel();
    await connectDevice(destinationAccessToken);
    const source = await connectSource({ endpoint: stage.endpoint, token: sourceAccessToken });

    expect(await echo(source, 'first')).toBe('first');
    expect(await echo(source, 'second')).toBe('second');
    expect(await sourceState(tunnelId)).toBe('CONNECTED');
  });

  test('GIVEN a source that is cut hard WHEN its token is rotated THEN the old one is refused and the new one carries bytes', async () => {
    const { tunnelId, sourceAccessToken, destinationAccessToken } = await openTunnel();
    await connectDevice(destinationAccessToken);
    const source = await connectSource({ endpoint: stage.endpoint, token: sourceAccessToken });
    await echo(source, 'before');
    const standing = source.openStream();

    source.cut();
    expect((await source.closed).code).toBe(1006);
    expect(standing.destroyed || standing.readableEnded || standing.writableEnded).toBe(true);
    await until(async () => (await sourceState(tunnelId)) === 'DISCONNECTED', 'the drop shows');

    const refused: unknown = await connectSource({ endpoint: stage.endpoint, token: sourceAccessToken }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UpgradeRefusedError);
    expect(refused).toMatchObject({ status: 400, sentence: expect.stringContaining('previously used') });
    expect(String(refused)).not.toContain('LOCALCAT');

    const successor = await connectSource({ endpoint: stage.endpoint, token: await rotateSource(tunnelId) });
    expect(await echo(successor, 'after')).toBe('after');
    expect(stage.tunneling.admin.record(tunnelId).source).toEqual({
      connects: 2, rotations: 1, kicks: 0, refusals: { 'previously-used': 1 },
    });
  });

  test('GIVEN a connected source WHEN its token is rotated THEN it is sent away, and shows DISCONNECTED', async () => {
    const { tunnelId, sourceAccessToken } = await openTunnel();
    const source = await connectSource({ endpoint: stage.endpoint, token: sourceAccessToken });

    await rotateSource(tunnelId);

    expect((await source.closed).code).toBe(1000);
    expect(await sourceState(tunnelId)).toBe('DISCONNECTED');
    expect(stage.tunneling.admin.record(tunnelId).source.kicks).toBe(1);
  });

  test('GIVEN a silent drop WHEN a fresh source connects before it shows THEN the late news never overwrites CONNECTED', async () => {
    const { tunnelId, sourceAccessToken } = await openTunnel();
    const source = await connectSource({ endpoint: stage.endpoint, token: sourceAccessToken });

    stage.tunneling.admin.cutSilently(tunnelId, 'source');
    await source.closed;
    expect(await sourceState(tunnelId)).toBe('CONNECTED');
    await connectSource({ endpoint: stage.endpoint, token: await rotateSource(tunnelId) });
    clock.advance(stage.tunneling.behaviour.silentDropDelayMs + 1);

    expect(await sourceState(tunnelId)).toBe('CONNECTED');
  });

  test('GIVEN a thing name WHEN the tunnel opens THEN the device hears its token over MQTT', async () => {
    const { destinationAccessToken } = await openTunnel();

    expect(stage.published.map(({ topic }) => topic)).toEqual(['$aws/things/pump-7/tunnels/notify']);
    const { clientAccessToken, ...rest } = JSON.parse(stage.published[0].payload);
    expect(clientAccessToken === destinationAccessToken).toBe(true);
    expect(rest).toEqual({ clientMode: 'destination', region: 'eu-west-1', services: ['SSH'] });
  });
});
