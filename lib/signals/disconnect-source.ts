import { Construct } from 'constructs';
import { eventBridgeSignals } from './event-bridge-signals';
import { mqttSignals } from './mqtt-signals';
import {
  DisconnectSourceConfig, EventBridgeDisconnectSourceProps, MqttDisconnectSourceProps, SignalPermission, SignalTarget, SignalWay,
} from './signal-target';
import { thingPresenceSignals } from './thing-presence-signals';

/**
 * A way in which the rotator hears that a side of a tunnel may have dropped, or that somebody needs a token. A drop is only a hint: the
 * rotator looks at the tunnel itself before it acts, so a forged, repeated or late signal does no harm. A request for a token is granted
 * to whoever may send it, as long as the side is not connected. Extend this class for a source of your own.
 */
export abstract class DisconnectSource {
  /**
   * Clients publish on MQTT topics of AWS IoT Core. On `tunnels/<tunnelId>/disconnected` the payload may be `{}`; the `proof`
   * that lay in the secret beside the token, as `{"proof": "..."}`, makes the recovery immediate. A device speaks of its own side
   * with `{"clientMode": "DESTINATION"}`. On `tunnels/<tunnelId>/token-request` they ask for a token of a side that is not connected,
   * with `clientMode` as RotateTunnelAccessToken takes it. The same topics with a level for the thing, `tunnels/<thingName>/<tunnelId>/disconnected`,
   * are for clients that may speak of the tunnels of their own thing only: an IoT policy ties the level to the certificate by
   * `${iot:Connection.Thing.ThingName}`, and the rotator does nothing for a tunnel of another thing.
   *
   * @see https://docs.aws.amazon.com/iot/latest/developerguide/thing-policy-variables.html
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
   * @returns what the rotator needs to know
   */
  public abstract bind(scope: Construct, target: SignalTarget): DisconnectSourceConfig;

  /**
   * What somebody needs to send signals through this source, which is what `grantSignal` grants. Creates nothing. A source of your own says here what
   * its senders need; unless it does, that is nothing.
   *
   * @param _scope a rotator, or one that was imported, of the same account and region as what the source creates
   */
  public signalPermissions(_scope: Construct): SignalPermission[] {
    return [];
  }
}

/** The ways that come with this package; each has a file of its own. */
class Bound extends DisconnectSource {
  constructor(private readonly way: SignalWay) {
    super();
  }

  public bind(scope: Construct, target: SignalTarget): DisconnectSourceConfig {
    return this.way.bind(scope, target);
  }

  public override signalPermissions(scope: Construct): SignalPermission[] {
    return this.way.permissions(scope);
  }
}
