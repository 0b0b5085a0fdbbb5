import { setTimeout as sleep } from 'node:timers/promises';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane';
import { DescribeTunnelCommand, IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { EVENTS, sourceSecretName } from '../lib/runtime-contract';
import type { CallRecord } from '../local/calls';
import type { LocalCloud } from '../local/cloud';
import { connectDestination, connectSource, type Source } from '../local/tunneling/peer';
import { startEchoDevice } from './device';
import { expectRefusal, nextToken, verifyEcho, type HeldToken } from './operator';
import type { Timeline } from './timeline';

/** A token's first use is told from "never used" by five seconds of service time; the demo waits them out. */
const FIRST_USE_TOLERANCE = 5_500;

/** One way in which a drop comes to light. */
interface Noticing {
  readonly by: string;
  /** Sends the signal, and says so. */
  readonly signal: (held: HeldToken) => Promise<string | undefined>;
  /** Who puts the signal into the queue, where nobody outside sends one. */
  readonly found?: string;
}

/** Opens a tunnel, drops its source three times, each noticed in another way, and counts how often it came back. */
export async function tellStory(cloud: LocalCloud, secretPrefix: string, timeline: Timeline): Promise<{ recovered: number; drops: number }> {
  const settings = { endpoint: cloud.endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } };
  const tunneling = new IoTSecureTunnelingClient(settings);
  const secrets = new SecretsManagerClient(settings);
  const iot = new IoTDataPlaneClient(settings);
  const events = new EventBridgeClient(settings);

  const device = await startEchoDevice();
  const { tunnelId = '', sourceAccessToken = '', destinationAccessToken = '' } = await tunneling.send(
    new OpenTunnelCommand({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } }));
  const openedAt = Date.now();
  const secretName = sourceSecretName(secretPrefix, tunnelId);
  timeline.say('opened', `tunnel ${tunnelId} to pump-7; its fresh tokens will lie in ${secretName}`);

  const destination = await connectDestination({ endpoint: cloud.endpoint, token: destinationAccessToken, targets: { SSH: { port: device.port } } });
  let held: HeldToken = { token: sourceAccessToken };
  let source = await connectSource({ endpoint: cloud.endpoint, token: held.token });
  timeline.say('connected', 'source and destination');
  timeline.say('verified', await verifyEcho(source));

  const ways: Noticing[] = [
    { by: 'an EventBridge event', signal: async () => {
      const Detail = JSON.stringify({ tunnelId });
      await events.send(new PutEventsCommand({ Entries: [{ Source: 'fleet.agents', DetailType: EVENTS.disconnected, Detail }] }));
      return `event '${EVENTS.disconnected}'`;
    } },
    { by: 'an MQTT signal with proof', signal: async ({ versionId }) => {
      const topic = `tunnels/${tunnelId}/disconnected`;
      await iot.send(new PublishCommand({ topic, qos: 1, payload: Buffer.from(JSON.stringify({ versionId })) }));
      return `${topic}, naming the version that its token came from`;
    } },
    { by: 'nobody: the sweep finds it', signal: async () => undefined, found: 'by the sweeper, once the last delivery is 10 s old' },
  ];

  let recovered = 0;
  try {
    const patience = openedAt + FIRST_USE_TOLERANCE - Date.now();
    timeline.say('waiting', `${Math.round(patience)} ms, so that the first token counts as used and not as just opened`);
    await sleep(patience);
    for (const [index, way] of ways.entries()) {
      timeline.beginDrop(index + 1, way.by);
      const before = held;
      ({ source, held } = await survive(way, source, held));
      timeline.say('refused', `old token: ${await expectRefusal(cloud.endpoint, before.token)}`);
      recovered += 1;
    }
    const { tunnel } = await tunneling.send(new DescribeTunnelCommand({ tunnelId }));
    const { rotations, kicks } = cloud.tunneling.admin.tunnel(tunnelId).source;
    if (tunnel?.destinationConnectionState?.status !== 'CONNECTED') throw new Error('the destination was disturbed');
    if (rotations !== ways.length) throw new Error(`${rotations} rotations for ${ways.length} drops`);
    timeline.heading(`${rotations} rotations for ${ways.length} drops, ${kicks} healthy connections disturbed`);
    return { recovered, drops: ways.length };
  } catch (error) {
    timeline.say('failed', error instanceof Error ? error.message : String(error));
    return { recovered: Math.min(recovered, ways.length - 1), drops: ways.length };
  } finally {
    await Promise.all([source.close(), destination.close()]);
    device.close();
    for (const client of [tunneling, secrets, iot, events]) client.destroy();
  }

  async function survive(way: Noticing, broken: Source, spent: HeldToken): Promise<{ source: Source; held: HeldToken }> {
    const sent = cloud.calls.next({ action: 'SendMessage', caller: cloud.functions.get('Sweeper').name });
    const rotated = cloud.calls.next({ action: 'RotateTunnelAccessToken' });
    const delivered = deliveryOf(cloud);
    broken.cut();
    await broken.closed;
    timeline.say('dropped', 'the source\'s TCP connection was reset');
    timeline.say('refused', `its token: ${await expectRefusal(cloud.endpoint, spent.token)}`);
    const signalled = await way.signal(spent);
    if (signalled) timeline.say('signalled', signalled);

    const fresh = await nextToken(secrets, secretName, spent.versionId);
    if (way.found) timeline.note('signalled', way.found, endOf(await sent));
    timeline.note('rotated', 'RotateTunnelAccessToken, clientMode SOURCE', endOf(await rotated));
    const delivery = await delivered;
    timeline.note('delivered', `${delivery.action} in Secrets Manager`, endOf(delivery));
    const next = await connectSource({ endpoint: cloud.endpoint, token: fresh.token });
    timeline.say('reconnected', 'the source is back with the fresh token');
    timeline.say('verified', await verifyEcho(next));
    return { source: next, held: fresh };
  }
}

const endOf = ({ startedAt, duration = 0 }: CallRecord) => startedAt + duration;

/** The first call from now on that wrote a secret's value. */
async function deliveryOf({ calls }: LocalCloud): Promise<CallRecord> {
  for (;;) {
    const call = await calls.next({ service: 'secretsmanager' });
    if (call.status === 200 && /^(Put|Create)Secret/.test(call.action)) return call;
  }
}
