import { Stack } from 'aws-cdk-lib';
import { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { checkTopicPrefix } from '../checks';
import { ENV, EVENTS, TOPICS } from '../runtime-contract';
import { Wildcard } from '../functions/wildcards';

/** Options of `AnnouncementChannel.mqtt`. */
export interface MqttAnnouncementChannelProps {
  /**
   * Topic levels before the tunnel id: announcements are published on `<topicPrefix>/<tunnelId>/announcements`, with the tunnel
   * id percent-encoded (UUIDs stay as they are). One to five levels of letters, digits and `_ . : = @ -`, separated by `/`.
   *
   * @default 'tunnels'
   */
  readonly topicPrefix?: string;
}

/** Options of `AnnouncementChannel.eventBridge`. */
export interface EventBridgeAnnouncementChannelProps {
  /**
   * The bus that gets the events.
   *
   * @default - the default event bus of the account and region
   */
  readonly eventBus?: IEventBus;
}

/**
 * Where the rotator tells what it did: that it delivered a fresh token, held a rotation, or retired a tunnel. An announcement
 * says where the token lies, never what it is. It is best effort: one that fails never undoes a delivery.
 */
export class AnnouncementChannel {
  /** Publishes on an MQTT topic of AWS IoT Core, `tunnels/<tunnelId>/announcements`, with QoS 1. */
  public static mqtt(props: MqttAnnouncementChannelProps = {}): AnnouncementChannel {
    const topicPrefix = props.topicPrefix ?? TOPICS.defaultPrefix;
    checkTopicPrefix(topicPrefix);
    return new AnnouncementChannel('MQTT', (scope) => {
      const topics = Stack.of(scope).formatArn({ service: 'iot', resource: 'topic', resourceName: `${topicPrefix}/*/${TOPICS.announcements}` });
      return {
        environment: { [ENV.announcementTopicPrefix]: topicPrefix },
        statement: new PolicyStatement({ sid: 'AnnounceOverMqtt', actions: ['iot:Publish'], resources: [topics] }),
        wildcards: [[topics, 'Tunnels come and go at run time; the topic is fixed around their id']],
      };
    });
  }

  /**
   * Puts events of the source `tunnel-token-rotator` on an event bus, of the detail types `Source Token Rotated`,
   * `Rotation Held` and `Tunnel Retired`.
   */
  public static eventBridge({ eventBus }: EventBridgeAnnouncementChannelProps = {}): AnnouncementChannel {
    return new AnnouncementChannel('EventBridge', (scope) => ({
      environment: { [ENV.announcementBus]: eventBus?.eventBusArn ?? 'default' },
      statement: new PolicyStatement({
        sid: 'AnnounceOnEventBus',
        actions: ['events:PutEvents'],
        resources: [eventBus?.eventBusArn ?? Stack.of(scope).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' })],
        conditions: { StringEquals: { 'events:source': EVENTS.source } },
      }),
      wildcards: [],
    }));
  }

  private constructor(
    /** @internal */
    readonly _kind: string,
    /** @internal */
    readonly _bind: (scope: Construct) => AnnouncementSetup,
  ) {}
}

/** What a channel asks of the rotator function. */
export interface AnnouncementSetup {
  readonly environment: Record<string, string>;
  readonly statement: PolicyStatement;
  readonly wildcards: Wildcard[];
}
