import { once } from 'node:events';
import * as net from 'node:net';
import fc from 'fast-check';
import { type WebSocket, WebSocketServer } from 'ws';
import { encodeFrame, MessageType } from '../../tunnel-protocol/frames';
import { connectSource, LinkFailedError, UpgradeRefusedError } from '../../tunnel-protocol/peer';
import { length } from '../support/length';

/** Whatever the network says, a client ends cleanly or goes on, and never throws where nobody listens. */

const RUNS = length(60, 2_000);
const TOKEN = 'LOCALCAT-fuzz';

const message = fc.record({
  type: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer()),
  streamId: fc.oneof(fc.constant(1), fc.integer()), connectionId: fc.oneof(fc.constant(1), fc.nat()),
  serviceId: fc.oneof(fc.constantFrom('SSH', ''), fc.string()), payload: fc.uint8Array({ maxLength: 2_000 }),
  availableServiceIds: fc.array(fc.string(), { maxLength: 3 }), ignorable: fc.boolean(),
}, { requiredKeys: ['type'] }).map((fields) => encodeFrame(fields as never));
const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const speech = fc.array(fc.oneof({ weight: 3, arbitrary: message }, { weight: 1, arbitrary: noise }), { maxLength: 12 }).map((parts) => Buffer.concat(parts));

describe('GIVEN a service that talks', () => {
  let server: WebSocketServer;
  let greet: (webSocket: WebSocket) => void;
  beforeAll(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: ([first]) => first });
    server.on('connection', (webSocket) => {
      webSocket.on('error', () => undefined);
      webSocket.send(encodeFrame({ type: MessageType.SERVICE_IDS, availableServiceIds: ['SSH'] }));
      greet(webSocket);
    });
    await once(server, 'listening');
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test.each(['3.0', '2.0'] as const)('THEN a source of %s outlives it, or ends, and its streams with it', async (protocol) => {
    await fc.assert(fc.asyncProperty(speech, fc.array(fc.nat(400), { maxLength: 4 }), fc.boolean(), async (bytes, cuts, text) => {
      const started = new Promise<WebSocket>((resolve) => { greet = resolve; });
      const source = await connectSource({ endpoint: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`, token: TOKEN, protocol });
      const streams = [source.openStream('SSH'), source.openStream('SSH')].map((stream) => stream.resume());
      const over = Promise.all(streams.map((stream) => new Promise<unknown>((resolve) => stream.once('close', () => resolve(stream.errored)))));
      const service = await started;
      let from = 0;
      for (const to of [...cuts.sort((a, b) => a - b), bytes.length]) {
        service.send(bytes.subarray(from, to), { binary: !text });
        from = to;
      }
      service.close(1000);
      await source.closed;
      expect(await over).toEqual([null, null]);
    }), { numRuns: RUNS });
  });
});

test('GIVEN an answer to the upgrade that is anything at all THEN it is a refusal or a failure, without the token', async () => {
  let answer = Buffer.alloc(0);
  const server = net.createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.end(answer)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  const line = fc.tuple(fc.constantFrom('101 Switching Protocols', '200 OK', '302 Found', '400 Bad Request', '503 Busy', '999', ''), fc.string({ maxLength: 50 }), noise)
    .map(([status, header, body]) => Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\nX: ${header.replace(/[^ -~]/g, '')}\r\n\r\n`), body]));
  await fc.assert(fc.asyncProperty(fc.oneof(noise, line), async (bytes) => {
    answer = bytes;
    const error = await connectSource({ endpoint, token: TOKEN, patience: 5_000 }).then(() => undefined, (thrown: unknown) => thrown);
    expect(error instanceof UpgradeRefusedError || error instanceof LinkFailedError).toBe(true);
    expect(String((error as Error).message).includes('LOCALCAT')).toBe(false);
  }), { numRuns: RUNS });
  server.close();
});
