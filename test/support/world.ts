import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { CloseTunnelCommand, IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { nextToken, verifyEcho, type HeldToken } from '../../demo/operator';
import { startEchoDevice } from '../../demo/device';
import { sourceSecretName } from '../../lib/runtime-contract';
import { AdjustableClock } from '../../local-cloud/clock';
import { readAssembly } from '../../local-cloud/deploy/assembly';
import type { Deployment } from '../../local-cloud/deploy/deployment';
import { startLocalCloud, type LocalCloud, type LocalCloudOptions } from '../../local-cloud/cloud';
import type { Queue } from '../../local-cloud/sqs/queue';
import { connectDestination, connectSource, type Destination, type Source } from '../../tunnel-protocol/peer';
import { recordEvidence } from './evidence';
import { LeakScan } from '../../leak-scan/leak-scan';
import { evidenceOfStory, policiesOf, type Policies } from './story-rights';
import { until } from './until';

/** The synthesized stack on a local cloud whose clock stands still until the test puts it forward. */
export class World {
  /** @param clock one that runs, for whoever measures */
  static async begin(assembly: string, options: LocalCloudOptions = {}, clock = new AdjustableClock({ stopped: true })): Promise<World> {
    const cloud = await startLocalCloud({ clock, ...options });
    const leaks = new LeakScan(cloud);
    const deployment = await deployed(cloud, assembly);
    return new World(cloud, clock, leaks, deployment, readAssembly(assembly, deployment.stackName).template);
  }

  readonly tunneling: IoTSecureTunnelingClient;
  readonly secrets: SecretsManagerClient;
  readonly iot: IoTDataPlaneClient;
  readonly bus: EventBridgeClient;
  private readonly policies: Policies;
  private readonly endings: (() => unknown)[] = [];

  private constructor(
    readonly cloud: LocalCloud, private readonly clock: AdjustableClock, readonly leaks: LeakScan,
    readonly deployment: Deployment, readonly template: Readonly<Record<string, unknown>>,
  ) {
    this.policies = policiesOf(cloud, deployment, template);
    const settings = { endpoint: cloud.endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } };
    this.tunneling = new IoTSecureTunnelingClient(settings);
    this.secrets = new SecretsManagerClient(settings);
    this.iot = new IoTDataPlaneClient(settings);
    this.bus = new EventBridgeClient(settings);
  }

  /** A tunnel that was opened and not used yet, with an echo device waiting on its destination side. */
  async openTunnel({ thingName }: { thingName?: string } = { thingName: 'pump-7' }): Promise<Tunnel> {
    const { tunnelId = '', sourceAccessToken = '', destinationAccessToken = '' } = await this.tunneling.send(
      new OpenTunnelCommand({ destinationConfig: { thingName, services: ['SSH'] } }));
    const device = await startEchoDevice();
    const tunnel = new Tunnel(this, tunnelId, { token: sourceAccessToken }, device.port);
    await tunnel.connectDestination(destinationAccessToken);
    this.endings.push(async () => { await tunnel.end(); device.close(); });
    return tunnel;
  }

  now(): number {
    return this.clock.now();
  }

  /** What IoT publishes when a device opens its broker session. */
  async deviceComesOnline(clientId: string): Promise<void> {
    const payload = { clientId, timestamp: this.clock.now(), eventType: 'connected', versionNumber: 0 };
    await this.cloud.broker.publish(`$aws/events/presence/connected/${clientId}`, JSON.stringify(payload));
    await this.cloud.idle();
  }

  /** Sends to a topic and resolves once the rotator has worked off everything that is visible in its queue. */
  async publish(topic: string, payload: object): Promise<void> {
    await this.iot.send(new PublishCommand({ topic, qos: 1, payload: Buffer.from(JSON.stringify(payload)) }));
    await this.cloud.idle();
  }

  async putEvent(detail: object): Promise<void> {
    const entry = { Source: 'fleet.agents', DetailType: 'Tunnel Disconnected', Detail: JSON.stringify(detail) };
    await this.bus.send(new PutEventsCommand({ Entries: [entry] }));
    await this.cloud.idle();
  }

  /** One sweep, and whatever it makes the rotator do. */
  async sweep(): Promise<void> {
    this.cloud.fireSchedule();
    await this.cloud.idle();
  }

  /** Puts the clock forward, and waits until all that became due is done. */
  async advance(milliseconds: number): Promise<void> {
    await this.cloud.advance(milliseconds);
    await this.cloud.idle();
  }

  /** The queue of the stack whose construct path or logical id holds `part`. */
  queue(part: string): Queue {
    const url = this.deployment.physicalId('AWS::SQS::Queue', part);
    return this.cloud.queues.get(url.split('/').at(-1)!)!;
  }

  get secretPrefix(): string {
    return this.deployment.outputs.SecretPrefix;
  }

  /** What must be true at the end of every story. */
  async check(): Promise<{ denied: string[]; leaks: string[]; escaped: readonly string[] }> {
    const evidence = evidenceOfStory(this.cloud, this.policies);
    recordEvidence(evidence);
    return {
      denied: this.cloud.calls.denied.map(({ caller, service, action }) => `${caller} ${service}:${action}`),
      leaks: await this.leaks.find(),
      escaped: evidence.escaped,
    };
  }

  async end(): Promise<void> {
    for (const end of this.endings) await end();
    for (const client of [this.tunneling, this.secrets, this.iot, this.bus]) client.destroy();
    await this.cloud.close();
  }
}

/** Deploys; a function that fails meanwhile would be tried again when time passes, and here it doesn't. */
async function deployed(cloud: LocalCloud, assembly: string): Promise<Deployment> {
  let over = false;
  const deployment = cloud.deploy(assembly).finally(() => { over = true; });
  const failure = () => cloud.functions.invocations.find(({ error }) => error);
  await Promise.race([deployment, until(() => over || failure() !== undefined, 'the stack is deployed')]);
  if (!over) throw new Error(`${failure()?.functionName} failed: ${JSON.stringify(failure()?.error)}; are the bundles of today's sources (npm run build:assets)?`);
  return deployment;
}

/** One tunnel, and the operator at its source side. */
export class Tunnel {
  private source?: Source;
  private destination?: Destination;

  constructor(readonly world: World, readonly id: string, private held: HeldToken, private readonly devicePort: number) {}

  get secretName(): string {
    return sourceSecretName(this.world.secretPrefix, this.id);
  }

  /** What lay beside the operator's token in the secret. */
  get proof(): string | undefined {
    return this.held.proof;
  }

  /** Connects with the token at hand and sends bytes through. */
  async connect({ clientToken }: { clientToken?: string } = {}): Promise<void> {
    this.source = await connectSource({ endpoint: this.world.cloud.endpoint, token: this.held.token, clientToken });
    await verifyEcho(this.source.openStream());
  }

  async connectDestination(token: string): Promise<void> {
    const { endpoint } = this.world.cloud;
    this.destination = await connectDestination({ endpoint, token, targets: { SSH: { port: this.devicePort } } });
  }

  async cutDestination(): Promise<void> {
    this.world.cloud.tunneling.admin.cut(this.id, 'destination');
    await this.destination?.closed;
  }

  /** The device takes its token out of the last notification on this topic. */
  async reconnectDestination(topic: string): Promise<Record<string, unknown>> {
    const notices = this.world.cloud.broker.publications.filter((publication) => publication.topic === topic);
    const notice = JSON.parse(notices[notices.length - 1].payload.toString());
    await this.connectDestination(notice.clientAccessToken);
    return notice;
  }

  /** Takes the new token out of the secret and connects with it. */
  async reconnect(): Promise<void> {
    this.held = await nextToken(this.world.secrets, this.secretName, this.held.versionId);
    await this.connect();
  }

  /** Time passes, so that the first token counts as used, and the source is cut with a TCP reset. */
  async drop(): Promise<void> {
    await this.world.advance(20_000);
    await this.cut();
  }

  async cut(): Promise<void> {
    this.world.cloud.tunneling.admin.cut(this.id, 'source');
    await this.source?.closed;
  }

  /** The network vanishes; the service goes on saying CONNECTED. */
  async vanish(): Promise<void> {
    await this.world.advance(20_000);
    this.world.cloud.tunneling.admin.cutSilently(this.id, 'source');
    await this.source?.closed;
  }

  signal(payload: object = {}): Promise<void> {
    return this.world.publish(`tunnels/${this.id}/disconnected`, payload);
  }

  /** Bytes still go through the connection that the operator has. */
  async works(): Promise<boolean> {
    if (!this.source) return false;
    return Boolean(await verifyEcho(this.source.openStream()));
  }

  /** Drops, signals, comes back: the whole round, for stories that begin after it. */
  async recoverOnce(): Promise<void> {
    await this.drop();
    await this.signal({ proof: this.proof });
    await this.reconnect();
  }

  /** Rotations so far, and connections that Rotate kicked. */
  get record(): { rotations: number; kicks: number } {
    const { rotations, kicks } = this.world.cloud.tunneling.admin.record(this.id).source;
    return { rotations, kicks };
  }

  async close(): Promise<void> {
    await this.world.tunneling.send(new CloseTunnelCommand({ tunnelId: this.id }));
  }

  async secretExists(): Promise<boolean> {
    return this.world.secrets.send(new GetSecretValueCommand({ SecretId: this.secretName })).then(() => true, () => false);
  }

  async end(): Promise<void> {
    await this.source?.close();
    await this.destination?.close();
  }
}
