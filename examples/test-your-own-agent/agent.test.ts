import { DescribeTunnelCommand, IoTSecureTunnelingClient, OpenTunnelCommand, RotateTunnelAccessTokenCommand } from '@aws-sdk/client-iotsecuretunneling';
import { startLocalCloud, type RunningCloud } from '@tunnel-token-rotator/local-cloud';
import { WebSocket } from 'ws';
import { startAgent } from './agent';
import { DATA, decoder, encode, STREAM_START } from './messages';

let cloud: RunningCloud;
let tunnels: IoTSecureTunnelingClient;
let agent: { stop(): Promise<void> };

beforeAll(async () => {
  cloud = await startLocalCloud();
  Object.assign(process.env, cloud.env); // the SDK finds its endpoint, region and credentials there
  tunnels = new IoTSecureTunnelingClient({});
  agent = await startAgent({
    thingName: 'pump-7', mqttUrl: `mqtt://127.0.0.1:${cloud.mqttPort}`, tunnelUrl: cloud.endpoint.replace('http', 'ws'),
    answer: (request) => `pump-7 says ${request.toUpperCase()}`,
  });
});

afterAll(async () => {
  await agent.stop();
  tunnels.destroy();
  await cloud.close();
});

const destinationConfig = { thingName: 'pump-7', services: ['SSH'] };
const open = () => tunnels.send(new OpenTunnelCommand({ destinationConfig }));

/** AWS tells of no connection: one asks until it shows. */
async function connected(tunnelId: string): Promise<void> {
  for (;;) {
    const { tunnel } = await tunnels.send(new DescribeTunnelCommand({ tunnelId }));
    if (tunnel?.destinationConnectionState?.status === 'CONNECTED') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The operator's side: says one thing and hears the answer. */
async function ask(token: string, question: string): Promise<string> {
  const url = `${cloud.endpoint.replace('http', 'ws')}/tunnel?local-proxy-mode=source`;
  const source = new WebSocket(url, 'aws.iot.securetunneling-3.0', { headers: { 'access-token': token } });
  const decode = decoder();
  const answer = new Promise<string>((resolve, reject) => {
    source.once('error', reject);
    source.on('message', (chunk: Buffer) => {
      for (const { type, payload } of decode(chunk)) if (type === DATA) resolve(Buffer.from(payload).toString());
    });
  });
  source.once('open', () => {
    const stream = { streamId: 1, serviceId: 'SSH', connectionId: 1 };
    source.send(encode({ type: STREAM_START, ...stream }));
    source.send(encode({ type: DATA, ...stream, payload: Buffer.from(question) }));
  });
  return answer.finally(() => source.terminate());
}

test('GIVEN an open tunnel WHEN the operator asks THEN the device answers', async () => {
  const { tunnelId, sourceAccessToken } = await open();
  await connected(tunnelId!);

  expect(await ask(sourceAccessToken!, 'hello')).toBe('pump-7 says HELLO');
});

test('GIVEN both tokens were rotated WHEN the operator asks again THEN the device is back with its fresh one', async () => {
  const { tunnelId } = await open();
  await connected(tunnelId!);

  const { sourceAccessToken } = await tunnels.send(new RotateTunnelAccessTokenCommand({ tunnelId, clientMode: 'ALL', destinationConfig }));
  await connected(tunnelId!);

  expect(await ask(sourceAccessToken!, 'again')).toBe('pump-7 says AGAIN');
});
