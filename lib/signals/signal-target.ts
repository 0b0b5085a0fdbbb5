import { EventPattern, IEventBus } from 'aws-cdk-lib/aws-events';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** Where a disconnect source sends its signals. */
export interface SignalTarget {
  /**
   * The rotator's signal queue. A message is JSON, of one of three shapes. A signal: `{"via": "mqtt", "tunnelId": "..."}`, optionally
   * with `proof`, `clientMode`, `thingName`, `"kind": "token-request"` and its `destinationConfig`. An EventBridge event, with the same fields
   * in its `detail`. Or the news that a device came online: `{"via": "presence", "thingName": "..."}`. Anything else is counted and dropped.
   * A source of your own says `"via": "mqtt"`, and picks the fields by name: who may write any field at all may speak for everybody.
   */
  readonly queue: IQueue;

  /** Takes what could not be sent to the queue. */
  readonly deadLetterQueue: IQueue;

  /**
   * Whether roles that the source makes get their rights in managed policies.
   *
   * @default false
   */
  readonly managedPolicies?: boolean;
}

/** What somebody needs to send signals through a source. */
export interface SignalPermission {
  /** IAM action, for example `iot:Publish`. */
  readonly action: string;

  /**
   * ARN of what the action is done to. In it `<tunnelId>` stands for the percent-encoded id of the tunnel, `<thingName>` for its thing: a grant for one
   * tunnel or thing puts them in, a grant for all puts `*`. A permission that has no such place cannot be limited, and is part of grants for all only.
   */
  readonly resourceArn: string;

  /**
   * IAM conditions, by operator and key.
   *
   * @default - none
   */
  readonly conditions?: { [operator: string]: { [key: string]: unknown } };
}

/** What a disconnect source tells the rotator about itself. */
export interface DisconnectSourceConfig {
  /**
   * Whether it sends the news that devices came online. A rotator that uses such a source must serve `ClientMode.DESTINATION`, and may
   * look up the tunnels of a thing.
   *
   * @default false
   */
  readonly reportsPresence?: boolean;

  /**
   * For a source that takes EventBridge events: whether its rule names who may send them, by `source` or `account`. `allowRedirection` needs that.
   *
   * @default - it takes no EventBridge events
   */
  readonly namesSenders?: boolean;
}

/** Options of `DisconnectSource.mqtt`. */
export interface MqttDisconnectSourceProps {
  /**
   * Topic levels before the tunnel id: clients publish on `<topicPrefix>/<tunnelId>/disconnected` and `.../token-request`, or, as a thing that may
   * speak of its own tunnels only, on `<topicPrefix>/<thingName>/<tunnelId>/disconnected` and so on. The tunnel id is percent-encoded (UUIDs stay as they
   * are). One to five levels of letters, digits and `_ . : = @ -`, separated by `/`; AWS IoT takes 256 bytes for the whole topic. No prefix that is another
   * one and a level more, in this rotator or another of the same account: a thing called like that level could speak for all tunnels below it.
   *
   * @default 'tunnels'
   */
  readonly topicPrefix?: string;
}

/** Options of `DisconnectSource.eventBridge`. */
export interface EventBridgeDisconnectSourceProps {
  /**
   * The bus to listen on.
   *
   * @default - the default event bus of the account and region
   */
  readonly eventBus?: IEventBus;

  /**
   * Which events are signals. Their `detail` must hold the `tunnelId`, and may hold `proof` and `clientMode`. Those of the detail
   * type `Tunnel Token Requested` ask for a token, all others speak of a drop.
   *
   * @default { detailType: ['Tunnel Disconnected', 'Tunnel Token Requested'] }
   */
  readonly eventPattern?: EventPattern;
}

/**
 * What a source of this package consists of.
 * @internal
 */
export interface SignalWay {
  bind(scope: Construct, target: SignalTarget): DisconnectSourceConfig;
  permissions(scope: Construct): SignalPermission[];
}

/**
 * Where a source of this package puts what it creates.
 * @internal
 * @throws if the rotator has just that source already: each signal would arrive twice
 */
export function sourceBelow(rotator: Construct, id: string, what: string): Construct {
  if (rotator.node.tryFindChild(id)) throw new Error(`disconnectSources must not name a source twice, but names ${what} twice`);
  return new Construct(rotator, id);
}
