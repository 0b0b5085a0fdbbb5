import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { PublishCommand, type IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { EVENTS, TOPICS, sourceSecretName } from '../../lib/runtime-contract';
import { announcementOf, type Announcement } from '../domain/announcement';
import { DependencyError } from '../domain/errors';
import type { Announcer } from '../domain/ports';
import type { Outcome } from '../domain/vocabulary';
import { awsCall } from './aws-call';

/** One way to tell the world. */
export type Channel = (tunnelId: string, announcement: Announcement) => Promise<void>;

/** Tells every channel, and takes a channel's failure as news, not as a failure: the token is delivered all the same. */
export class BestEffortAnnouncer implements Announcer {
  constructor(private readonly channels: readonly Channel[], private readonly failed: (tunnelId: string, error: unknown) => void) {}

  async announce(tunnelId: string, outcome: Outcome): Promise<void> {
    const announcement = announcementOf(outcome);
    if (!announcement) return;
    await Promise.all(this.channels.map((channel) => channel(tunnelId, announcement).catch((error) => this.failed(tunnelId, error))));
  }
}

export function eventBridgeChannel(client: EventBridgeClient, bus: string, secretPrefix: string): Channel {
  return async (tunnelId, { type, ...detail }) => {
    const call = 'EventBridge.PutEvents';
    const { Entries } = await awsCall(call, () => client.send(new PutEventsCommand({
      Entries: [{
        EventBusName: bus,
        Source: EVENTS.source,
        DetailType: EVENTS[type],
        Detail: JSON.stringify({ ...common(tunnelId, secretPrefix), ...detail }),
      }],
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
      payload: Buffer.from(JSON.stringify({ ...common(tunnelId, secretPrefix), ...announcement })),
    })));
  };
}

const common = (tunnelId: string, secretPrefix: string) => ({
  tunnelId, clientMode: 'SOURCE', secretName: sourceSecretName(secretPrefix, tunnelId),
});
