import { expect } from 'expect';
import { encodeFrame, type Message, MessageType } from '../../tunnel-protocol/frames';
import type { SideName } from '../tunneling/vocabulary';
import type { RawClient } from './raw-client';
import { PROTOCOL, type Row, type Scene } from './row';

const { DATA, STREAM_START, STREAM_RESET, SESSION_RESET, SERVICE_IDS, CONNECTION_START, CONNECTION_RESET } = MessageType;

/** Both clients connected, their list of services already heard. */
async function pair(scene: Scene, version = '3.0', services = ['SSH']): Promise<Record<SideName, RawClient> & { tunnelId: string }> {
  const tunnel = await scene.openTunnel({ destinationConfig: { services } });
  const source = await scene.connect('source', tunnel.source, version);
  const destination = await scene.connect('destination', tunnel.destination, version);
  if (version !== '1.0') await Promise.all([source.next(), destination.next()]);
  return { source, destination, tunnelId: tunnel.tunnelId };
}

const message = (fields: Partial<Message>): Partial<Message> => ({ streamId: 7, serviceId: 'SSH', ...fields });

/** Whoever sends this is sent away, and nothing of it reaches the other side. */
function fault(id: string, rule: string, bad: Partial<Message> | Buffer, from: SideName = 'source'): Row {
  return {
    id, rule, source: PROTOCOL(3), checkedBy: 'WebSocket client',
    async check(scene) {
      const clients = await pair(scene);
      const [sender, other] = from === 'source' ? [clients.source, clients.destination] : [clients.destination, clients.source];
      if (Buffer.isBuffer(bad)) sender.sendBytes(bad);
      else sender.send(bad);
      expect((await sender.closed).code).toBe(1002);
      await other.settled();
      expect(other.heard).toEqual([]);
    },
  };
}

/** A frame that starts a stream of a service which is named by any bytes. */
function withServiceId(bytes: Buffer): Buffer {
  const frame = encodeFrame({ type: STREAM_START, streamId: 7, serviceId: 'x'.repeat(bytes.length) });
  frame.set(bytes, frame.indexOf('x'));
  return frame;
}

export const MESSAGES: readonly Row[] = [
  {
    id: 'service-ids', rule: 'After the handshake the service sends SERVICE_IDS with the services that the tunnel was opened with',
    source: PROTOCOL(2), checkedBy: 'WebSocket client',
    async check(scene) {
      for (const version of ['2.0', '3.0']) {
        const { source, destination } = await scene.openTunnel({ destinationConfig: { services: ['SSH', 'RDP'] } });
        for (const client of [await scene.connect('source', source, version), await scene.connect('destination', destination, version)]) {
          expect(await client.next()).toMatchObject({ type: SERVICE_IDS, availableServiceIds: ['SSH', 'RDP'] });
        }
      }
    },
  },
  {
    id: 'service-ids-empty', rule: 'The list is empty if the tunnel was opened without services', source: PROTOCOL(2), checkedBy: 'WebSocket client',
    async check(scene) {
      const { source } = await scene.openTunnel({});
      expect(await (await scene.connect('source', source)).next()).toMatchObject({ type: SERVICE_IDS, availableServiceIds: [] });
    },
  },
  {
    id: 'service-ids-version-1', rule: 'Protocol 1.0 knows no SERVICE_IDS message', source: PROTOCOL(1), checkedBy: 'WebSocket client',
    async check(scene) {
      const { source } = await scene.openTunnel();
      const client = await scene.connect('source', source, '1.0');
      await client.settled();
      expect(client.heard).toEqual([]);
    },
  },
  {
    id: 'in-order', rule: 'Messages are delivered reliably, in order and unchanged', source: PROTOCOL(3), checkedBy: 'WebSocket client',
    async check(scene) {
      const { source, destination } = await pair(scene);
      source.send(message({ type: STREAM_START, connectionId: 1 }));
      for (let index = 0; index < 50; index += 1) source.send(message({ type: DATA, connectionId: 1, payload: Buffer.from([index]) }));
      expect(await destination.next()).toMatchObject({ type: STREAM_START, streamId: 7, serviceId: 'SSH', connectionId: 1 });
      for (let index = 0; index < 50; index += 1) expect([...(await destination.next()).payload]).toEqual([index]);
    },
  },
  {
    id: 'framing', rule: 'A message may be cut into WebSocket frames anywhere, and a WebSocket frame may hold many messages',
    source: PROTOCOL(3), checkedBy: 'WebSocket client',
    async check(scene) {
      const { source, destination } = await pair(scene);
      const start = message({ type: STREAM_START, connectionId: 1 });
      for (const byte of encodeFrame(start)) source.sendBytes(Buffer.from([byte]));
      source.send(...[1, 2, 3].map((value) => message({ type: DATA, payload: Buffer.from([value]) })));
      expect((await destination.next()).type).toBe(STREAM_START);
      for (const value of [1, 2, 3]) expect([...(await destination.next()).payload]).toEqual([value]);
    },
  },
  {
    id: 'frame-size-sent', rule: 'The service sends no WebSocket frame of more than 131076 bytes', source: PROTOCOL(3), checkedBy: 'WebSocket client',
    async check(scene) {
      const { source, destination } = await pair(scene);
      source.send(message({ type: STREAM_START }), message({ type: DATA, payload: Buffer.alloc(64_512) }));
      source.send(message({ type: DATA, payload: Buffer.alloc(64_512) }));
      await Promise.all([destination.next(), destination.next(), destination.next()]);
      expect(Math.max(...destination.frameLengths)).toBeLessThanOrEqual(131_076);
    },
  },
  {
    id: 'frame-size-received', rule: 'The service accepts no WebSocket frame of more than 131076 bytes', source: PROTOCOL(3), checkedBy: 'WebSocket client',
    async check(scene) {
      const { source } = await pair(scene);
      source.sendBytes(Buffer.alloc(131_077));
      expect((await source.closed).code).toBe(1009);
    },
  },
  {
    id: 'text-frame', rule: 'WebSocket frames with data are binary', source: PROTOCOL(3), checkedBy: 'WebSocket client',
    async check(scene) {
      const { source } = await pair(scene);
      source.webSocket.send('text');
      expect((await source.closed).code).toBe(1003);
    },
  },
  {
    id: 'ping', rule: 'A ping is answered with a pong that holds a copy of its payload', source: PROTOCOL(3), checkedBy: 'WebSocket client',
    async check(scene) {
      const { source } = await pair(scene);
      const pong = new Promise((resolve) => source.webSocket.once('pong', resolve));
      source.webSocket.ping('20 seconds');
      expect(String(await pong)).toBe('20 seconds');
    },
  },
  {
    id: 'pong', rule: 'A pong is not answered', source: PROTOCOL(3), checkedBy: 'WebSocket client',
    async check(scene) {
      const { source } = await pair(scene);
      let answers = 0;
      source.webSocket.on('pong', () => (answers += 1));
      source.webSocket.pong('unasked');
      await source.settled();
      expect(answers).toBe(1);
    },
  },
  fault('type-unknown', 'A message without a type is invalid', message({})),
  fault('type-future', 'A message of an unrecognised type is an error unless it is ignorable', message({ type: 42 })),
  fault('start-by-destination', 'A destination must not send STREAM_START', message({ type: STREAM_START }), 'destination'),
  fault('start-connection-by-destination', 'A destination must not send CONNECTION_START', message({ type: CONNECTION_START, connectionId: 2 }), 'destination'),
  fault('session-reset', 'A client must not send SESSION_RESET', { type: SESSION_RESET }),
  fault('service-ids-by-client', 'A client must not send SERVICE_IDS', { type: SERVICE_IDS, availableServiceIds: ['SSH'] }),
  fault('payload-size', 'A payload has at most 63 KB (64512 bytes)', message({ type: DATA, payload: Buffer.alloc(64_513) })),
  fault('extra-field', 'The schema must not be extended with fields', Buffer.from([0, 6, 0x08, DATA, 0x10, 7, 0x78, 1])),
  fault('not-protobuf', 'Bytes that are no message end the connection', Buffer.from([0, 3, 0xff, 0xff, 0xff])),
  fault('service-utf8', 'A service id is text: bytes that are no UTF-8 end the connection', withServiceId(Buffer.from([0x53, 0xff, 0xc0, 0x48]))),
  ...[DATA, STREAM_START, STREAM_RESET, CONNECTION_START, CONNECTION_RESET].map((type) =>
    fault(`stream-id-0-${type}`, `The stream id 0 is invalid in a message of type ${type}`, message({ type, streamId: 0, connectionId: 1 }))),
  {
    id: 'ignorable', rule: 'A message of an unrecognised type that is ignorable does no harm', source: PROTOCOL(3), checkedBy: 'WebSocket client',
    async check(scene) {
      const { source, destination } = await pair(scene);
      source.send(message({ type: 42, ignorable: true }), message({ type: STREAM_START }));
      expect((await destination.next()).type).toBe(STREAM_START);
    },
  },
  {
    id: 'service-alternation', rule: 'A client names the service in all of its messages or in none', source: PROTOCOL(2), checkedBy: 'WebSocket client',
    async check(scene) {
      const { source } = await pair(scene, '2.0');
      source.send(message({ type: STREAM_START }), { type: DATA, streamId: 7 });
      expect((await source.closed).code).toBe(1002);
    },
  },
  {
    id: 'no-news-of-drops', rule: 'The other side is not told that a side dropped', source: PROTOCOL(3), checkedBy: 'WebSocket client',
    async check(scene) {
      const { source, destination, tunnelId } = await pair(scene);
      source.send(message({ type: STREAM_START }));
      await destination.next();
      source.webSocket.terminate();
      await scene.untilStatus(tunnelId, 'source', 'DISCONNECTED');
      await destination.settled();
      expect(destination.heard).toEqual([]);
    },
  },
  {
    id: 'reset-source-replaced', rule: 'When the source is replaced, the destination gets one STREAM_RESET for every active stream',
    source: PROTOCOL(3), checkedBy: 'WebSocket client',
    async check(scene) {
      const { source, destination, tunnelId } = await pair(scene, '3.0', ['SSH', 'RDP']);
      source.send(message({ type: STREAM_START }), message({ type: STREAM_START, serviceId: 'RDP', streamId: 8 }));
      await Promise.all([destination.next(), destination.next()]);
      const { sourceAccessToken } = await scene.rotate(tunnelId, 'SOURCE');
      await scene.connect('source', sourceAccessToken!);
      expect(await destination.next()).toMatchObject({ type: STREAM_RESET, serviceId: 'SSH', streamId: 7 });
      expect(await destination.next()).toMatchObject({ type: STREAM_RESET, serviceId: 'RDP', streamId: 8 });
      const again = await scene.rotate(tunnelId, 'SOURCE');
      await scene.connect('source', again.sourceAccessToken!);
      await destination.settled();
      expect(destination.heard).toEqual([]);
    },
  },
  {
    id: 'reset-destination-replaced', rule: 'When the destination is replaced, the source gets a STREAM_RESET',
    source: PROTOCOL(3), checkedBy: 'WebSocket client',
    async check(scene) {
      const { source, destination, tunnelId } = await pair(scene);
      source.send(message({ type: STREAM_START }));
      await destination.next();
      const { destinationAccessToken } = await scene.rotate(tunnelId, 'DESTINATION');
      await scene.connect('destination', destinationAccessToken!);
      expect(await source.next()).toMatchObject({ type: STREAM_RESET, serviceId: 'SSH', streamId: 7 });
    },
  },
  {
    id: 'reset-once', rule: 'A stream that was reset by a client is not reset again', source: PROTOCOL(3), checkedBy: 'WebSocket client',
    async check(scene) {
      const { source, destination, tunnelId } = await pair(scene);
      source.send(message({ type: STREAM_START }));
      await destination.next();
      destination.send(message({ type: STREAM_RESET }));
      expect((await source.next()).type).toBe(STREAM_RESET);
      await scene.rotate(tunnelId, 'SOURCE');
      const { sourceAccessToken } = await scene.rotate(tunnelId, 'SOURCE');
      await scene.connect('source', sourceAccessToken!);
      await destination.settled();
      expect(destination.heard).toEqual([]);
    },
  },
];
