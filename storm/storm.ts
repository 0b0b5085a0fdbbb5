import { monitorEventLoopDelay } from 'node:perf_hooks';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { startEchoDevice } from '../demo/device';
import { sourceSecretName } from '../lib/runtime-contract';
import { Activity } from '../local-cloud/activity';
import { AdjustableClock } from '../local-cloud/clock';
import { startLocalCloud, type LocalCloud } from '../local-cloud/cloud';
import { Dice } from '../local-cloud/weather/dice';
import { LeakScan } from '../leak-scan/leak-scan';
import { connectDestination } from '../tunnel-protocol/peer';
import { Failures, type DeadLetter } from './failures';
import { Lot } from './plan';
import { StormSource, type Drop, type Ground } from './source';
import { StormWeather } from './weather';

export interface StormProps {
  /** What `cdk synth` wrote. */
  readonly assembly: string;
  readonly seed: number;
  /** Of bad weather, in milliseconds. */
  readonly duration: number;
  readonly tunnels: number;
  /** Gets a line now and then. */
  readonly say: (line: string) => void;
}

export interface Toll {
  readonly props: StormProps;
  readonly drops: readonly Drop[];
  /** All of them; one a drop is what it takes. */
  readonly rotations: number;
  /** Connections that were alive when Rotate ended them. */
  readonly kicks: number;
  readonly kills: number;
  readonly deadLetters: readonly DeadLetter[];
  readonly failures: ReadonlyMap<string, number>;
  /** Places that hold a secret which doesn't belong there, of so many secrets that were looked for. */
  readonly leaks: readonly string[];
  readonly secrets: number;
  readonly denied: readonly string[];
  /** What else is wrong. */
  readonly troubles: readonly string[];
  /** How late this process came to what was due, in milliseconds: it tells a busy machine. */
  readonly lag: { readonly p99: number; readonly longest: number };
}

/** After the last fault: a claim expires, a message becomes visible again or is lost, a client asks again, two sweeps come by. */
const BOUND = 240_000;
/** So long all must stay as it is, once everybody is back. */
const CALM = 150_000;
/** Time is put forward in such steps. */
const STEP = 1_000;
/** A silent drop shows by then. */
const SILENT_DROP_SHOWS = 20_000;
/** A token that is used within five seconds of the opening looks like one that is not used yet. */
const FIRST_USE_TOLERANCE = 6_000;
const SAY_EVERY = 10_000;

/** The synthesized stack on a local cloud in bad weather: many tunnels drop again and again, and all must come back. */
export async function storm(props: StormProps): Promise<Toll> {
  const clock = new AdjustableClock();
  const cloud = await startLocalCloud({ clock, seed: props.seed, tunneling: { silentDropDelayMs: SILENT_DROP_SHOWS } });
  const leaks = new LeakScan(cloud);
  const failures = new Failures(cloud);
  const lag = monitorEventLoopDelay({ resolution: 10 });
  lag.enable();
  const ground = groundOf(cloud, clock);
  const endings: (() => unknown)[] = [() => cloud.close()];
  try {
    const { outputs, physicalId } = await cloud.deploy(props.assembly);
    const sources = await openTunnels(ground, outputs.SecretPrefix, props, endings);
    const weather = new StormWeather(cloud, new Dice(props.seed), ground.pause);
    await rage(ground, sources, weather, props);
    const troubles = await clearUp(ground, sources, props);
    lag.disable();
    const records = sources.map(({ tunnelId }) => cloud.tunneling.admin.record(tunnelId).source);
    const sum = (of: (record: typeof records[number]) => number) => records.reduce((total, record) => total + of(record), 0);
    const deadLetters = cloud.queues.get(physicalId('AWS::SQS::Queue', 'DeadLetterQueue').split('/').at(-1)!)!;
    return {
      props, troubles, drops: ground.drops, kills: weather.kills, rotations: sum(({ rotations }) => rotations), kicks: sum(({ kicks }) => kicks),
      deadLetters: failures.deadLetters(deadLetters), failures: failures.counts, leaks: await leaks.find(), secrets: leaks.size,
      denied: cloud.calls.denied.map(({ caller, service, action }) => `${caller} called ${service}:${action}`),
      lag: { p99: lag.percentile(99) / 1e6, longest: lag.max / 1e6 },
    };
  } finally {
    for (const end of endings.reverse()) await end();
  }
}

function groundOf(cloud: LocalCloud, clock: AdjustableClock): Ground {
  const settings = {
    endpoint: cloud.endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' },
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 3_000 },
  };
  return {
    cloud, clock, drops: [], activity: new Activity(),
    clients: { secrets: new SecretsManagerClient(settings), iot: new IoTDataPlaneClient(settings), bus: new EventBridgeClient(settings) },
    pause: (milliseconds) => new Promise((resolve) => { clock.after(milliseconds, resolve); }),
  };
}

async function openTunnels(ground: Ground, secretPrefix: string, { tunnels, seed }: StormProps, endings: (() => unknown)[]): Promise<StormSource[]> {
  const { cloud } = ground;
  const tunneling = new IoTSecureTunnelingClient({
    endpoint: cloud.endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' },
  });
  const device = await startEchoDevice();
  endings.push(device.close, () => tunneling.destroy(), () => Object.values(ground.clients).forEach((client: { destroy(): void }) => client.destroy()));
  const sources: StormSource[] = [];
  for (let index = 0; index < tunnels; index++) {
    const { tunnelId = '', sourceAccessToken = '', destinationAccessToken = '' } = await tunneling.send(
      new OpenTunnelCommand({ destinationConfig: { thingName: `pump-${index}`, services: ['SSH'] } }));
    const destination = await connectDestination({ endpoint: cloud.endpoint, token: destinationAccessToken, targets: { SSH: { port: device.port } } });
    const source = new StormSource(ground, tunnelId, sourceSecretName(secretPrefix, tunnelId), { token: sourceAccessToken }, new Lot(seed, index));
    endings.push(() => destination.close(), () => source.close());
    sources.push(source);
  }
  await cloud.advance(FIRST_USE_TOLERANCE);
  for (const source of sources) if (!await source.connect()) throw new Error('a first token was refused');
  return sources;
}

/** Bad weather, in which everybody who is connected drops some time later. */
async function rage({ clock, pause, drops, cloud }: Ground, sources: readonly StormSource[], weather: StormWeather, props: StormProps): Promise<void> {
  const until = clock.now() + props.duration;
  await weather.begin();
  const lives = sources.map(async (source) => {
    for (;;) {
      const lasts = source.lot.connectionLasts(props.duration);
      if (clock.now() + lasts >= until) return;
      await pause(lasts);
      source.drop();
      while (!source.isConnected) {
        if (clock.now() >= until) return;
        await pause(STEP);
      }
    }
  });
  const reports = (async () => {
    while (clock.now() < until) {
      await pause(Math.min(SAY_EVERY, until - clock.now()));
      const back = drops.filter(({ backAt }) => backAt !== undefined).length;
      const invocations = cloud.functions.invocations.length;
      const seconds = Math.round((props.duration - (until - clock.now())) / 1000);
      props.say(`${seconds} s: ${drops.length} drops, ${back} recovered, ${weather.kills} functions killed, ${invocations} ran`);
    }
  })();
  await Promise.all([...lives, reports]);
  await weather.end();
}

/** Fair weather: time is put forward whenever nobody works, until all are back, and then stay. @returns what went wrong */
async function clearUp({ cloud, clock, activity, drops }: Ground, sources: readonly StormSource[], { say }: StormProps): Promise<string[]> {
  const troubles: string[] = [];
  const step = async () => {
    await cloud.idle();
    await activity.idle(() => false);
    await cloud.advance(STEP);
  };
  const cleared = clock.now();
  const waits = () => sources.filter(({ isConnected }) => !isConnected).length;
  say(`the weather clears up; ${waits()} of ${sources.length} sources wait`);
  while (waits() > 0 && clock.now() < cleared + BOUND) await step();
  if (waits() > 0) troubles.push(`${waits()} sources were not back ${BOUND / 1000} s after the last fault`);
  const before = drops.length;
  for (const calm = clock.now() + CALM; clock.now() < calm;) await step();
  if (drops.length > before) troubles.push(`${drops.length - before} connections ended in fair weather`);
  for (const source of sources) {
    if (source.isConnected) await source.verify().catch((error: unknown) => troubles.push(String(error)));
  }
  return troubles;
}
