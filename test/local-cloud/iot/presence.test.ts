import { connect as connectTcp, type Socket } from 'node:net';
import { once } from 'node:events';
import { withCloud } from '../support';

const running = withCloud();

/** CONNECT of MQTT 3.1.1 with a clean session, as bytes. */
function connectPacket(clientId: string): Buffer {
  const id = Buffer.from(clientId);
  const rest = Buffer.concat([Buffer.from([0, 4]), Buffer.from('MQTT'), Buffer.from([4, 2, 0, 60, 0, id.length]), id]);
  return Buffer.concat([Buffer.from([0x10, rest.length]), rest]);
}

async function client(clientId: string): Promise<Socket> {
  const socket = connectTcp(running.cloud.mqttPort, '127.0.0.1');
  socket.write(connectPacket(clientId));
  const [answer] = await once(socket, 'data') as [Buffer];
  expect([...answer]).toEqual([0x20, 2, 0, 0]);
  return socket;
}

function nextMessage(topic: string): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    const end = running.cloud.broker.subscribe(topic, ({ payload }) => { end(); resolve(JSON.parse(payload.toString()) as Record<string, unknown>); });
  });
}

// https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html
test('the broker tells when a client comes and when it is lost', async () => {
  const came = nextMessage('$aws/events/presence/connected/pump-7');
  const socket = await client('pump-7');
  expect(await came).toMatchObject({ clientId: 'pump-7', eventType: 'connected', versionNumber: 0, timestamp: expect.any(Number) });

  const left = nextMessage('$aws/events/presence/disconnected/+');
  socket.destroy();
  expect(await left).toMatchObject({ clientId: 'pump-7', eventType: 'disconnected', clientInitiatedDisconnect: false, disconnectReason: 'CONNECTION_LOST' });
});

test('it tells a goodbye from a loss, and one connection from the next', async () => {
  const socket = await client('pump-8');
  const left = nextMessage('$aws/events/presence/disconnected/pump-8');
  socket.end(Buffer.from([0xe0, 0]));
  const { sessionIdentifier } = await left;
  const again = nextMessage('$aws/events/presence/connected/pump-8');
  const second = await client('pump-8');
  expect(await left).toMatchObject({ clientInitiatedDisconnect: true, disconnectReason: 'CLIENT_INITIATED_DISCONNECT' });
  const news = await again;
  expect(news).toMatchObject({ versionNumber: 1 });
  expect(news.sessionIdentifier).not.toBe(sessionIdentifier);
  second.destroy();
});
