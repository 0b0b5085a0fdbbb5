import { randomUUID } from 'node:crypto';
import * as http from 'node:http';
import * as net from 'node:net';
import { IoTSecureTunnelingClient } from '@aws-sdk/client-iotsecuretunneling';
import { type Clock, systemClock } from '../../../local-cloud/clock';
import { AwsError } from '../../../local-cloud/service';
import type { Behaviour } from '../../../local-cloud/tunneling/behaviour';
import { createTunneling, type Tunneling } from '../../../local-cloud/tunneling/tunneling';

export { ManualClock } from '../../../local-cloud/manual-clock';
export { exchange } from '../../../local-cloud/conformance/waiting';

/** The emulation behind a small HTTP server, a real SDK client in front of it, and an echo device. */
export interface Stage {
  readonly tunneling: Tunneling;
  readonly client: IoTSecureTunnelingClient;
  readonly endpoint: string;
  readonly port: number;
  /** What was published over MQTT. */
  readonly published: { readonly topic: string; readonly payload: string }[];
  /** Port of a TCP server that sends everything back. */
  readonly echoPort: number;
  close(): Promise<void>;
}

export async function openStage(props: { clock?: Clock; behaviour?: Partial<Behaviour> } = {}): Promise<Stage> {
  const published: Stage['published'] = [];
  const tunneling = createTunneling({
    clock: props.clock ?? systemClock,
    behaviour: props.behaviour,
    publish: (topic, payload) => published.push({ topic, payload }),
  });
  const server = http.createServer((request, response) => void answer(tunneling, request, response));
  server.on('upgrade', (request, socket, head) => tunneling.handleUpgrade(request, socket, head));
  const echo = net.createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket));
  const [port, echoPort] = await Promise.all([listen(server), listen(echo)]);
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new IoTSecureTunnelingClient({
    endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' }, maxAttempts: 1,
  });
  return {
    tunneling, client, endpoint, port, published, echoPort,
    async close() {
      client.destroy();
      await tunneling.close();
      server.closeAllConnections();
      await Promise.all([server, echo].map((each) => new Promise((resolve) => each.close(resolve))));
    },
  };
}

async function answer({ service }: Tunneling, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const requestId = randomUUID();
  const [target, action] = String(request.headers['x-amz-target']).split('.');
  try {
    if (target !== service.target || !Object.hasOwn(service.actions, action)) throw new AwsError('UnknownOperationException', 'No such action');
    const input = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>;
    const output = await service.actions[action]({ service: service.name, action, input, accessKeyId: 'AKIDEXAMPLE', requestId });
    reply(response, requestId, service.contentType, 200, output);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    reply(response, requestId, service.contentType, error.status, { __type: error.code, message: error.message });
  }
}

function reply(response: http.ServerResponse, requestId: string, type: string, status: number, body: object): void {
  response.writeHead(status, { 'content-type': type, 'x-amzn-requestid': requestId }).end(JSON.stringify(body));
}

async function listen(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}
