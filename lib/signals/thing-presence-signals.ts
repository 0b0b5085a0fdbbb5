import { Construct } from 'constructs';
import { DisconnectSourceConfig, SignalTarget, sourceBelow } from './signal-target';
import { forwardTopics } from './topic-rules';

/** AWS IoT publishes an event whenever an MQTT client connects; the rotator looks up the tunnels of that thing. */
export function thingPresenceSignals(scope: Construct, target: SignalTarget): DisconnectSourceConfig {
  forwardTopics(sourceBelow(scope, 'ThingPresenceSource', 'thing presence'), target, [{
    id: 'Rule',
    description: 'Tells the rotator that a device came online',
    sql: "SELECT clientId AS thingName, 'presence' AS via, timestamp AS since FROM '$aws/events/presence/connected/+'",
  }]);
  return { reportsPresence: true };
}
