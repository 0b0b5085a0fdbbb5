import { EventPattern, IEventBus } from 'aws-cdk-lib/aws-events';
import { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { eventBridgeSignals } from './event-bridge-signals';
import { mqttSignals } from './mqtt-signals';
import { thingPresenceSignals } from './thing-presence-signals';

/** Where a disconnect source sends its signals. */
export interface SignalTarget {
  /**
   * The rotator's signal queue. A message is JSON, of one of three shapes. A signal: `{"via": "mqtt", "tunnelId": "..."}`, optionally
   * with `versionId`, `clientMode`, `"kind": "token-request"` and its `destinationConfig`. An EventBridge event, with the same fields
   * in its `detail`. Or the news that a device came online: `{"via": "presence", "thingName": "..."}`. Anything else is counted and dropped.
   */
  readonly queue: IQueue;

  /** Takes what could not be sent to the queue. */
  readonly deadLetterQueue: IQueue;
}

/** What somebody needs to send signals through a source. */
export interface SignalPermission {
  /** IAM action, for example `iot:Publish`. */
  readonly action: string;

  /** ARN of what the action is done to. */
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
   * What `TunnelTokenRotator.grantSignal` grants.
   *
   * @default - nothing
   */
  readonly signalPermissions?: SignalPermission[];

  /**
   * Whether it sends the news that devices came online. A rotator that uses such a source must serve `ClientMode.DESTINATION`, and may
   * look up the tunnels of a thing.
   *
   * @default false
   */
  readonly reportsPresence?: boolean;
}

/** Options of `DisconnectSource.mqtt`. */
export interface MqttDisconnectSourceProps {
  /**
   * Topic levels before the tunnel id: clients publish on `<topicPrefix>/<tunnelId>/disconnected` and `.../token-request`, with the tunnel
   * id percent-encoded (UUIDs stay as they are). One to six levels of letters, digits and `_ . : = @ -`, separated by `/`.
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
   * Which events are signals. Their `detail` must hold the `tunnelId`, and may hold `versionId` and `clientMode`. Those of the detail
   * type `Tunnel Token Requested` ask for a token, all others speak of a drop.
   *
   * @default { detailType: ['Tunnel Disconnected', 'Tunnel Token Requested'] }
   */
  readonly eventPattern?: EventPattern;
}

/**
 * A way in which the rotator hears that a side of a tunnel may have dropped, or that somebody needs a token. A drop is only a hint: the
 * rotator looks at the tunnel itself before it acts, so a forged, repeated or late signal does no harm. A request for a token is granted
 * to whoever may send it, as long as the side is not connected. Extend this class for a source of your own.
 */
export abstract class DisconnectSource {
  /**
   * Clients publish on MQTT topics of AWS IoT Core. On `tunnels/<tunnelId>/disconnected` the payload may be `{}`; the secret
   * version that the client used, as `{"versionId": "..."}`, proves the drop and makes the recovery immediate. A device speaks of its own
   * side with `{"clientMode": "DESTINATION"}`. On `tunnels/<tunnelId>/token-request` they ask for a token of a side that is not connected,
   * with `clientMode` and `destinationConfig` as RotateTunnelAccessToken takes them.
   */
  public static mqtt(props: MqttDisconnectSourceProps = {}): DisconnectSource {
    return new Bound(mqttSignals(props));
  }

  /**
   * Somebody puts events on an event bus, of the detail type `Tunnel Disconnected` or `Tunnel Token Requested`, with the `tunnelId` in their
   * detail, and whatever else the MQTT payload may hold.
   */
  public static eventBridge(props: EventBridgeDisconnectSourceProps = {}): DisconnectSource {
    return new Bound(eventBridgeSignals(props));
  }

  /**
   * AWS IoT tells whenever a device connects to its MQTT broker, and so can hear its destination token: five seconds later the
   * rotator looks at that thing's open tunnels. It needs devices whose MQTT client id is the name of their thing, and `ClientMode.DESTINATION`.
   *
   * Mind the cost: every connect of every client of the account, tunnels or not, makes two queue messages and one ListTunnels call. When a
   * fleet of 100,000 devices reconnects at once, that is about 0.20 USD, and at the default `maxConcurrency` over an hour, or several
   * hours where AWS throttles ListTunnels, in which all other signals wait in the same queue. In such a fleet let those devices that
   * use tunnels signal for themselves over MQTT instead.
   *
   * @see https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html
   */
  public static thingPresence(): DisconnectSource {
    return new Bound(thingPresenceSignals);
  }

  /**
   * Creates what carries signals to the queue, below `scope`. Called once for each rotator that uses this source.
   *
   * @param scope the rotator
   * @param target where the signals go
   * @returns what a sender of signals needs, and what the rotator needs to know
   */
  public abstract bind(scope: Construct, target: SignalTarget): DisconnectSourceConfig;
}

/** The ways that come with this package; each is a function in a file of its own. */
class Bound extends DisconnectSource {
  constructor(private readonly how: (scope: Construct, target: SignalTarget) => DisconnectSourceConfig) {
    super();
  }

  public bind(scope: Construct, target: SignalTarget): DisconnectSourceConfig {
    return this.how(scope, target);
  }
}
