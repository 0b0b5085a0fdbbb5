import { mkdtempSync, rmSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { AdjustableClock } from '../../local-cloud/clock';
import { synthesizeRotator } from '../support/assembly';
import { type Tunnel, World } from '../support/world';
import { cloudClock } from './support/cloud-clock';
import { freePort, Operator } from './support/operator';
import { Quiet } from './support/quiet';

/** A session that heals itself, and the rotator as it ships with its grace and its sweep: on one clock, which stands still while anything is on its way. */
const GRACE = { grace: Duration.seconds(30) };

const before = { ...process.env };
let directory: string;
let world: World;
let quiet: Quiet;
let line: Line;
let operator: Operator;
let tunnel: Tunnel;

/** The way to the tunnel, which can be gone. */
class Line {
  private server: net.Server | undefined;
  private readonly sockets = new Set<net.Socket>();

  constructor(readonly port: number, private readonly to: number) {}

  async comes(): Promise<void> {
    this.server = net.createServer((client) => {
      const service = net.connect(this.to, '127.0.0.1');
      for (const socket of [client, service]) {
        this.sockets.add(socket.on('error', () => socket.destroy()));
        socket.once('close', () => this.sockets.delete(socket));
      }
      client.pipe(service).pipe(client);
    });
    await new Promise<void>((resolve) => this.server!.listen(this.port, '127.0.0.1', resolve));
  }

  goes(): void {
    this.server?.close();
    for (const socket of this.sockets) socket.resetAndDestroy();
  }
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tunnel-source-grace-'));
  const time = new AdjustableClock({ stopped: true });
  world = await World.begin(synthesizeRotator(GRACE), {}, time);
  Object.assign(process.env, world.cloud.env, { AWS_EC2_METADATA_DISABLED: 'true' });
  quiet = new Quiet();
  tunnel = await world.openTunnel();
  line = new Line(await freePort(), Number(new URL(world.cloud.endpoint).port));
  await line.comes();
  const port = await freePort();
  operator = new Operator(port, {
    tunnelId: tunnel.id, firstToken: tunnel['held'].token, secretPrefix: world.secretPrefix, footprints: join(directory, 'footprints'), clock: cloudClock(time),
    proxy: { services: [`SSH=${port}`], endpoint: `http://127.0.0.1:${line.port}` },
  });
  await operator.connected();
  expect(await operator.talk('hello')).toBe(true);
  await pass(20_000); // so that the first token counts as used
});

afterEach(async () => {
  await operator.stop();
  line.goes();
  const whole = await world.check();
  quiet.close();
  await world.end();
  rmSync(directory, { recursive: true });
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, before);
  expect(whole).toEqual({ denied: [], leaks: [], escaped: [] });
});

async function pass(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 1_000) {
    await world.advance(1_000);
    await quiet.comes();
    await world.cloud.idle();
  }
}

/** The line is gone for so long, from a sweep on. */
async function away(milliseconds: number): Promise<void> {
  line.goes();
  await operator.hangup();
  await world.sweep();
  await pass(milliseconds);
}

const record = () => world.cloud.tunneling.admin.record(tunnel.id).source;

test('GIVEN a session whose line comes back within grace THEN it heals with the token that it has, and nobody cuts it off later', async () => {
  await away(15_000);
  await line.comes();
  await pass(11_000); // the longest pause between two tries
  expect(operator.states.at(-1)).toMatchObject({ state: 'connected', drops: 1 });
  expect(await operator.talk('healed')).toBe(true);
  const over = jest.fn();
  void operator.hangup().then(over);

  await pass(60_000); // grace ends, its recheck comes, and the next sweep
  await world.sweep();
  await pass(2_000);
  expect(record()).toEqual({ connects: 2, rotations: 0, kicks: 0, refusals: {} });
  expect(over).not.toHaveBeenCalled();
});

test('GIVEN a session whose line stays away THEN its token is rotated when grace is over, and it takes the fresh one when it comes back, without another', async () => {
  await away(28_000);
  expect(record().rotations).toBe(0);
  await pass(5_000);
  expect(record().rotations).toBe(1);
  await pass(120_000);
  expect(record().rotations).toBe(1);

  await line.comes();
  await pass(20_000);
  expect(operator.states.at(-1)).toMatchObject({ state: 'connected', drops: 1 });
  expect(await operator.talk('with the fresh token')).toBe(true);
  expect(record()).toMatchObject({ connects: 2, rotations: 1, kicks: 0 });
});
