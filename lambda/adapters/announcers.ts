import { TagResourceCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { EVENTS, heldTag, SECRET_TAGS, TOPICS, sourceSecretName } from '../../lib/runtime-contract';
import { announcementOf, type Announcement } from '../domain/announcement';
import type { Announcer } from '../domain/ports';
import type { Outcome, Signal } from '../domain/vocabulary';
import { awsCall, refusedWith } from './aws-call';
import type { Publish } from './broker';
import type { PutEvent } from './event-bus';

/** One way to tell the world. */
export type Channel = (tunnelId: string, announcement: Announcement) => Promise<void>;

/** Told of what could not be announced. */
export interface AnnouncementWitness {
  announcementFailed(tunnelId: string, error: unknown): void;
}

/** Tells every channel, and takes a channel's failure as news, not as a failure: the token is delivered all the same. */
export class BestEffortAnnouncer implements Announcer {
  constructor(private readonly channels: readonly Channel[], private readonly witness: AnnouncementWitness) {}

  async announce(signal: Signal, outcome: Outcome): Promise<void> {
    const announcement = announcementOf(signal, outcome);
    if (!announcement) return;
    const { tunnelId } = signal;
    await Promise.all(this.channels.map((channel) =>
      channel(tunnelId, announcement).catch((error) => this.witness.announcementFailed(tunnelId, error))));
  }
}

export function eventBridgeChannel(put: PutEvent, bus: string, secretPrefix: string): Channel {
  return (tunnelId, announcement) => {
    const { type: _, ...detail } = messageOf(tunnelId, announcement, secretPrefix);
    return put(bus, detailTypeOf(announcement), detail);
  };
}

export function mqttChannel(publish: Publish, topicPrefix: string, secretPrefix: string): Channel {
  return (tunnelId, announcement) =>
    publish(`${topicPrefix}/${encodeURIComponent(tunnelId)}/${TOPICS.announcements}`, messageOf(tunnelId, announcement, secretPrefix));
}

/**
 * Whoever waits for a token reads its secret, and may hear neither the bus nor the broker: a tag on the secret tells why there is none yet.
 * A tag is no version, so however often it changes, the secret's hundred versions a day are for tokens. While somebody is at it nothing is
 * hung there: it would move the secret's last change, by which his delivery is dated should he die.
 */
export function secretTagChannel(client: SecretsManagerClient, secretPrefix: string, now: () => number): Channel {
  return async (tunnelId, announcement) => {
    if (announcement.type !== 'held' || announcement.side !== 'source' || announcement.reason === 'claimed') return;
    const { reason, recheckAfter } = announcement;
    const at = now();
    const Value = heldTag({ reason, at, until: recheckAfter === undefined ? undefined : at + recheckAfter });
    try {
      await awsCall('SecretsManager.TagResource', () => client.send(new TagResourceCommand({
        SecretId: sourceSecretName(secretPrefix, tunnelId), Tags: [{ Key: SECRET_TAGS.held, Value }],
      })));
    } catch (error) {
      // No token was ever delivered, so there is nothing to hang a tag on.
      if (!refusedWith(error, 'ResourceNotFoundException')) throw error;
    }
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
