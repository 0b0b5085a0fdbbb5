import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { Duration } from 'aws-cdk-lib';
import { WebSocket } from 'ws';
import type { ConnectOptions } from '../connector/connect';
import { died, type Pulse } from '../connector/proxy/heartbeat';
import { Surroundings } from '../connector/proxy/surroundings';
import { FAIR } from '../local-cloud/weather/forecast';
import type { Operator } from '../test/connector/support/operator';
import { VirtualClock } from '../test/connector/support/virtual-clock';
import { WholeStack } from '../test/connector/support/whole-stack';
import { type Bench, type Effort, type Figure, median } from './figure';
import { SlowLine } from './slow-line';
import { traffic } from './traffic';

/** Milliseconds, each way, on the line between the source and the tunnel; a call to AWS takes there and back. */
const DELAY = 10;
const CALL = 2 * DELAY;
const PROMISED = 12_000;
/** A rival where it is installed: https://github.com/aws-samples/aws-iot-securetunneling-localproxy */
const OFFICIAL_PROXY = spawnSync('sh', ['-c', 'command -v localproxy'], { encoding: 'utf8' }).stdout.trim();

/**
 * From a cut to the moment when a byte of a waiting client is at the device again; how soon silence is noticed; and what the built-in proxy
 * carries. All over TLS, but for the traffic.
 */
export const connection: Bench = {
  title: 'Session',
  async measure(effort, say) {
    return [...await sessions(effort, say), await silence(effort), ...await traffic(effort, say)];
  },
};

async function sessions(effort: Effort, say: (line: string) => void): Promise<Figure[]> {
  const cuts = effort === 'quick' ? 3 : 15;
  const stack = await WholeStack.begin({ tls: true }, { flapBudget: { burst: cuts + 3, refill: Duration.minutes(30) } });
  const line = await SlowLine.to(Number(new URL(stack.cloud.endpoint).port), DELAY);
  const device = await Listener.open();
  try {
    const bare = await handshakes(stack, line, cuts);
    await stack.cloud.setWeather({ ...FAIR, calls: [{ on: '*', latency: [CALL, CALL] }] });
    const proxy = { endpoint: `https://127.0.0.1:${line.port}`, ca: stack.cloud.tls!.caFile };
    const builtIn = (clientToken: boolean) => (port: number) => ({ clientToken, policy: {}, proxy: { ...proxy, services: [`SSH=${port}`] } });
    const child = (clientToken: boolean) => (port: number) => ({
      clientToken, policy: {}, command: [OFFICIAL_PROXY, '-e', `127.0.0.1:${line.port}`, '-c', stack.cloud.tls!.caDirectory, '-s', `SSH=${port}`],
    });
    const begin = (options: (port: number) => Partial<ConnectOptions>, what: string) => {
      say(`${cuts} cuts of ${what}`);
      return endure(stack, line, device, options, cuts);
    };
    const healed = await begin(builtIn(true), 'the built-in proxy with a client token');
    const rotated = await begin(builtIn(false), 'the built-in proxy without one');
    const rivals = OFFICIAL_PROXY ? {
      healed: await begin(child(true), 'the official proxy with a client token'), rotated: await begin(child(false), 'the official proxy without one'),
    } : undefined;
    const handshake = median(bare.map(({ took }) => took));
    const flights = median(bare.map((each) => each.flights));
    const rival = (cut: readonly Cut[] | undefined) => cut && [{ title: 'the official local proxy as a child', value: median(cut.map(({ took }) => took)) }];
    return [
      {
        id: 'session.client-token', title: 'a cut healed with the client token', unit: 'ms', value: median(healed.map(({ took }) => took)), goal: 1.2,
        floor: { title: 'a bare TLS and WebSocket handshake, and a byte', value: handshake }, rivals: rival(rivals?.healed),
        note: `median of ${cuts}, ${DELAY} ms each way; a client waits at the port, and its first byte is at the device`,
      },
      {
        id: 'session.client-token.flights', title: 'times that it waits for the line', unit: 'calls', counted: true,
        value: median(healed.map((each) => each.flights)),
        floor: { title: 'a bare handshake, and a byte', value: flights },
      },
      { id: 'session.client-token.rotations', title: 'rotations for all these cuts', unit: 'calls', counted: true, value: sum(healed) },
      {
        id: 'session.proof', title: 'a cut that takes a rotation, reported with proof', unit: 'ms', value: median(rotated.map(({ took }) => took)), goal: 1.3,
        floor: { title: 'delivered, one read and a bare handshake', value: median(rotated.map(({ delivered }) => delivered)) + CALL + handshake },
        rivals: rival(rivals?.rotated), note: `median of ${cuts}, every call to AWS takes ${CALL} ms`,
      },
      { id: 'session.proof.rotations', title: 'rotations for each of these cuts', unit: 'calls', counted: true, value: sum(rotated) / cuts },
    ];
  } finally {
    line.close();
    device.close();
    await stack.endTests();
    await stack.end();
  }
}

interface Cut {
  /** Milliseconds from the cut to a byte at the device. */
  readonly took: number;
  /** From the cut to the token's delivery; NaN where none was needed. */
  readonly delivered: number;
  readonly flights: number;
  readonly rotations: number;
}

const sum = (cuts: readonly Cut[]) => cuts.reduce((all, { rotations }) => all + rotations, 0);

async function endure(
  stack: WholeStack, line: SlowLine, device: Listener, options: (port: number) => Partial<ConnectOptions>, times: number,
): Promise<Cut[]> {
  const { tunnelId, operator, end } = await stack.operator(options, device.port);
  const rotations = () => stack.cloud.tunneling.admin.record(tunnelId).source.rotations;
  const cuts: Cut[] = [];
  await operator.connected();
  await operator.talk('.');
  for (let round = 0; round <= times; round++) {
    await stack.cloud.idle();
    const before = { rotations: rotations(), calls: stack.cloud.calls.records.length };
    const took = await cut(line, operator, device);
    const put = stack.cloud.calls.records.slice(before.calls).find(({ action, status }) => /^(PutSecretValue|CreateSecret)$/.test(action) && status === 200);
    if (round === 0) continue; // everything is warm after it
    const delivered = put ? put.startedAt + (put.duration ?? 0) - took.begun : NaN;
    cuts.push({ took: took.milliseconds, flights: took.flights, delivered, rotations: rotations() - before.rotations });
  }
  await end();
  return cuts;
}

async function cut(line: SlowLine, operator: Operator, device: Listener) {
  const begun = Date.now();
  const precisely = performance.now();
  line.count();
  line.cut();
  await operator.hangup(); // whoever dials before would stand and fall with the old connection
  const heard = device.hears();
  void operator.talk('.');
  const milliseconds = await heard - precisely;
  const { flights } = line;
  await operator.connected();
  return { begun, milliseconds, flights };
}

/** What anybody pays who comes to the data plane: TCP, TLS, the WebSocket's upgrade; and then a byte on its way. */
async function handshakes(stack: WholeStack, line: SlowLine, times: number): Promise<{ readonly took: number; readonly flights: number }[]> {
  const { sourceAccessToken = '' } = await stack.tunneling.send(new OpenTunnelCommand({}));
  const headers = { 'access-token': sourceAccessToken, 'client-token': 'a'.repeat(32) };
  const results = [];
  for (let round = 0; round <= times; round++) {
    line.count();
    const begun = performance.now();
    const socket = new WebSocket(`wss://127.0.0.1:${line.port}/tunnel?local-proxy-mode=source`, 'aws.iot.securetunneling-3.0', { headers, ca: stack.cloud.tls!.ca });
    await once(socket, 'open');
    socket.ping();
    await new Promise((resolve) => setTimeout(resolve, DELAY));
    if (round > 0) results.push({ took: performance.now() - begun, flights: line.flights });
    socket.terminate();
    await once(socket, 'close');
  }
  return results;
}

/** A device that notes when it hears something. */
class Listener {
  private heard: (at: number) => void = () => undefined;

  private constructor(private readonly server: Server) {}

  static async open(): Promise<Listener> {
    const server = createServer({ noDelay: true });
    const listener = new Listener(server);
    server.on('connection', (socket) => socket.on('error', () => socket.destroy()).on('data', (chunk) => {
      listener.heard(performance.now());
      socket.write(chunk);
    }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return listener;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  hears(): Promise<number> {
    return new Promise((resolve) => { this.heard = resolve; });
  }

  close(): void {
    this.server.close();
  }
}

/** The longest that a death in silence stays unnoticed, whenever it happens between two looks; on a clock of its own. */
async function silence(effort: Effort): Promise<Figure> {
  const step = effort === 'quick' ? 250 : 20;
  const waits: number[] = [];
  for (let offset = 0; offset < 14_000; offset += step) {
    const clock = new VirtualClock();
    const dies = clock.now() + 60_000 + offset;
    const pulse: Pulse & { heard: number } = {
      heard: 0, held: false, localAddress: '192.0.2.7',
      ping: () => void clock.sleep(2 * DELAY).then(() => { if (clock.now() < dies) pulse.heard += 1; }),
    };
    await died(pulse, PROMISED, new Surroundings(clock, () => ['192.0.2.7']), new AbortController().signal);
    waits.push(clock.now() - dies);
  }
  return {
    id: 'session.silence', title: 'a silent drop is noticed within', unit: 's', counted: true, value: Math.max(...waits) / 1_000, goal: 1,
    floor: { title: 'what is promised', value: PROMISED / 1_000 }, note: `the longest of ${waits.length} deaths; the official local proxy waits without limit`,
  };
}
