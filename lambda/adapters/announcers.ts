import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { PublishCommand, type IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { EVENTS, TOPICS, sourceSecretName } from '../../lib/runtime-contract';
import { announcementOf, type Announcement } from '../domain/announcement';
import { DependencyError } from '../domain/errors';
import type { Announcer } from '../domain/ports';
import type { Outcome, Signal } from '../domain/vocabulary';
import { awsCall } from './aws-call';

/** One way to tell the world. */
export type Channel = (tunnelId: string, announcement: Announcement) => Promise<void>;

/** Told of every outcome, announced or not. */
export interface Witness {
  recovered(signal: Signal, outcome: Outcome): void;
  announcementFailed(tunnelId: string, error: unknown): void;
}

/** Tells every channel, and takes a channel's failure as news, not as a failure: the token is delivered all the same. */
export class BestEffortAnnouncer implements Announcer {
  constructor(private readonly channels: readonly Channel[], private readonly witness: Witness) {}

  async announce(signal: Signal, outcome: Outcome): Promise<void> {
    this.witness.recovered(signal, outcome);
    const announcement = announcementOf(signal, outcome);
    if (!announcement) return;
    const { tunnelId } = signal;
    await Promise.all(this.channels.map((channel) =>
      channel(tunnelId, announcement).catch((error) => this.witness.announcementFailed(tunnelId, error))));
  }
}

export function eventBridgeChannel(client: EventBridgeClient, bus: string, secretPrefix: string): Channel {
  return async (tunnelId, announcement) => {
    const call = 'EventBridge.PutEvents';
    const { type, ...detail } = messageOf(tunnelId, announcement, secretPrefix);
    const { Entries } = await awsCall(call, () => client.send(new PutEventsCommand({
      Entries: [{ EventBusName: bus, Source: EVENTS.source, DetailType: detailTypeOf(announcement), Detail: JSON.stringify(detail) }],
    })));
    const refusal = Entries?.find(({ ErrorCode }) => ErrorCode)?.ErrorCode;
    if (refusal) throw new DependencyError(call, 'unavailable', refusal, true);
  };
}

export function mqttChannel(client: IoTDataPlaneClient, topicPrefix: string, secretPrefix: string): Channel {
  return async (tunnelId, announcement) => {
    await awsCall('IoTDataPlane.Publish', () => client.send(new PublishCommand({
      topic: `${topicPrefix}/${encodeURIComponent(tunnelId)}/${TOPICS.announcements}`,
      qos: 1,
      payload: Buffer.from(JSON.stringify(messageOf(tunnelId, announcement, secretPrefix))),
    })));
  };
}

function messageOf(tunnelId: string, { side, ...announcement }: Announcement, secretPrefix: string) {
  const secretName = side === 'source' ? sourceSecretName(secretPrefix, tunnelId) : undefined;
  return { tunnelId, clientMode: side.toUpperCase(), secretName, ...announcement };
}

function detailTypeOf({ type, side }: Announcement): string {
  if (type === 'rotated') return side === 'source' ? EVENTS.sourceRotated : EVENTS.destinationRotated;
  return EVENTS[type];
}
