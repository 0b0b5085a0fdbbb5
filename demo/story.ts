import { setTimeout as sleep } from 'node:timers/promises';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DescribeTunnelCommand, IoTSecureTunnelingClient, OpenTunnelCommand } from '@aws-sdk/client-iotsecuretunneling';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { EVENTS, sourceSecretName } from '../lib/runtime-contract';
import type { CallRecord } from '../local-cloud/calls';
import type { LocalCloud } from '../local-cloud/cloud';
import { connectDestination } from '../tunnel-protocol/peer';
import { startEchoDevice } from './device';
import type { LocalProxy } from './local-proxy';
import type { Outcome } from './outcome';
import { bytesAgain, currentToken, expectRefusal, freePort, verifyPort } from './operator';
import { Session } from './session';
import type { Timeline } from './timeline';

/** A token's first use is told from "never used" by five seconds of service time; the demo waits them out. */
const FIRST_USE_TOLERANCE = 5_500;

/**
 * Within the second of its last rotation a drop can't be told from a token that nobody used: it takes a proof. So whoever has none drops later.
 * docs/decisions/012-the-fence-is-rotates-own-time.md
 */
const SECOND_OF_ROTATION = 1_100;
/** A recovery that takes longer has failed. */
const PATIENCE = 60_000;

/** One way in which a drop comes to light. */
interface Noticing {
  readonly by: string;
  /** The connector's own report is lost on its way. */
  readonly reportLost: boolean;
  /** Sends the signal, if somebody else does. */
  readonly signal?: () => Promise<void>;
  /** Who puts the signal into the queue, and what to say of it. */
  readonly caller: string;
  readonly text: string;
}

/** Opens a tunnel, drops its source three times, each noticed in another way, and counts how often it came back. */
export async function tellStory(
  cloud: LocalCloud, secretPrefix: string, proxy: LocalProxy, timeline: Timeline,
): Promise<Outcome> {
  const settings = { endpoint: cloud.endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' } };
  const tunneling = new IoTSecureTunnelingClient(settings);
  const secrets = new SecretsManagerClient(settings);
  const events = new EventBridgeClient(settings);

  const device = await startEchoDevice();
  const { tunnelId = '', sourceAccessToken = '', destinationAccessToken = '' } = await tunneling.send(
    new OpenTunnelCommand({ destinationConfig: { thingName: 'pump-7', services: ['SSH'] } }));
  const openedAt = Date.now();
  const secretName = sourceSecretName(secretPrefix, tunnelId);
  timeline.say('opened', `tunnel ${tunnelId} to pump-7; its fresh tokens will lie in ${secretName}`);

  const destination = await connectDestination({ endpoint: cloud.endpoint, token: destinationAccessToken, targets: { SSH: { port: device.port } } });
  const port = await freePort();
  // Without a client token each cut spends the token: that is what the rotator is for.
  const session = new Session({ tunnelId, secretPrefix, firstToken: sourceAccessToken, clientToken: false, ...proxy.options(cloud, port) });

  const ways: Noticing[] = [
    {
      by: 'a backend, over EventBridge', reportLost: true, caller: 'events.amazonaws.com', text: `event '${EVENTS.disconnected}'`,
      signal: async () => {
        const Detail = JSON.stringify({ tunnelId });
        await events.send(new PutEventsCommand({ Entries: [{ Source: 'fleet.backend', DetailType: EVENTS.disconnected, Detail }] }));
      },
    },
    {
      by: 'its own connector, over MQTT and with proof', reportLost: false, caller: 'iot.amazonaws.com',
      text: `tunnels/${tunnelId}/disconnected, with the proof that lay beside its token`,
    },
    {
      by: 'nobody: the sweep finds it', reportLost: true, caller: cloud.functions.get('Sweeper').name,
      text: 'by the sweeper, once the last delivery is 10 s old',
    },
  ];

  let recovered = 0;
  try {
    await session.stands(1);
    timeline.say('connected', `source (the connector, with ${proxy.name}) and destination`);
    timeline.say('verified', await verifyPort(port));
    const patience = Math.max(0, openedAt + FIRST_USE_TOLERANCE - Date.now());
    timeline.say('waiting', `${Math.round(patience)} ms, so that the first token counts as used and not as just opened`);
    await sleep(patience);
    for (const [index, way] of ways.entries()) {
      if (way.reportLost && index > 0) {
        timeline.say('waiting', `${SECOND_OF_ROTATION} ms, since a drop within the second of its last rotation takes a proof to be seen`);
        await sleep(SECOND_OF_ROTATION);
      }
      timeline.beginDrop(index + 1, way.by);
      await within(PATIENCE, survive(way, index + 2), `the source was not back within ${PATIENCE / 1000} s after drop ${index + 1}`);
      recovered += 1;
    }
    await checkRecord();
    return { recovered, drops: ways.length, troubles: [] };
  } catch (error) {
    return { recovered, drops: ways.length, troubles: [error instanceof Error ? error.message : String(error)] };
  } finally {
    await Promise.all([session.stop(), destination.close()]);
    device.close();
    for (const client of [tunneling, secrets, events]) client.destroy();
  }

  async function survive(way: Noticing, times: number): Promise<void> {
    const spent = await currentToken(secrets, secretName) ?? { token: sourceAccessToken };
    const found = way.reportLost ? loseReports(cloud) : undefined;
    const signalled = cloud.calls.next({ action: 'SendMessage', caller: way.caller });
    const rotated = cloud.calls.next({ action: 'RotateTunnelAccessToken' });
    const delivered = deliveryOf(cloud);
    timeline.dropped('the source\'s TCP connection was reset');
    const droppedAt = Date.now();
    cloud.tunneling.admin.cut(tunnelId, 'source');
    const again = bytesAgain(port, PATIENCE);
    again.catch(() => undefined); // it is waited for below, unless something else fails first
    const refused = expectRefusal(cloud.endpoint, spent.token).then((sentence) => timeline.say('refused', `its token: ${sentence}`));
    await Promise.all([way.signal?.(), refused]);

    const stood = await session.stands(times);
    found?.();
    const [bytes, signal, rotation, delivery] = await Promise.all([again, signalled, rotated, delivered]);
    timeline.note('signalled', way.text, endOf(signal));
    timeline.note('rotated', 'RotateTunnelAccessToken, clientMode SOURCE', endOf(rotation));
    timeline.note('delivered', `${delivery.action} in Secrets Manager`, endOf(delivery));
    timeline.note('reconnected', 'the connector, with the fresh token', stood);
    timeline.note('bytes again', 'to the device and back', bytes);
    timeline.say('verified', await verifyPort(port));
    timeline.say('refused', `old token: ${await expectRefusal(cloud.endpoint, spent.token)}`);
    timeline.endDrop({ vault: endOf(delivery) - droppedAt, bytes: bytes - droppedAt });
  }

  async function checkRecord(): Promise<void> {
    const { tunnel } = await tunneling.send(new DescribeTunnelCommand({ tunnelId }));
    const { rotations, kicks } = cloud.tunneling.admin.tunnel(tunnelId).source;
    if (tunnel?.destinationConnectionState?.status !== 'CONNECTED') throw new Error('the destination was disturbed');
    if (rotations !== ways.length || kicks > 0) throw new Error(`${rotations} rotations and ${kicks} disturbed connections after ${ways.length} drops`);
    timeline.heading(`${rotations} rotations for ${ways.length} drops, ${kicks} healthy connections disturbed`);
  }
}

/** MQTT with QoS 0 may lose a message; here it loses all that the connector reports, until this is called off. */
function loseReports({ calls }: LocalCloud): () => void {
  return calls.intercept(async (call, proceed) => (call.action === 'Publish' && call.caller === 'user' ? {} : proceed()));
}

/** @throws Error which says `otherwise`, if it takes longer */
async function within(milliseconds: number, work: Promise<void>, otherwise: string): Promise<void> {
  const over = new AbortController();
  const late = sleep(milliseconds, undefined, { signal: over.signal }).then(() => { throw new Error(otherwise); });
  late.catch(() => undefined);
  await Promise.race([work, late]).finally(() => over.abort());
}

const endOf = ({ startedAt, duration = 0 }: CallRecord) => startedAt + duration;

/** The first call from now on that wrote a secret's value. */
async function deliveryOf({ calls }: LocalCloud): Promise<CallRecord> {
  for (;;) {
    const call = await calls.next({ service: 'secretsmanager' });
    if (call.status === 200 && /^(Put|Create)Secret/.test(call.action)) return call;
  }
}
