import { Construct } from 'constructs';
import { DisconnectSourceConfig, SignalTarget, SignalWay, sourceBelow } from './signal-target';
import { forwardTopics } from './topic-rules';

function bind(scope: Construct, target: SignalTarget): DisconnectSourceConfig {
  forwardTopics(sourceBelow(scope, 'ThingPresenceSource', 'thing presence'), target, [{
    id: 'Rule',
    description: 'Tells the rotator that a device came online',
    sql: "SELECT clientId AS thingName, 'presence' AS via, timestamp AS since FROM '$aws/events/presence/connected/+'",
  }]);
  return { reportsPresence: true };
}

/** AWS IoT publishes an event whenever an MQTT client connects; the rotator looks up the tunnels of that thing. Nobody needs a right for that. */
export const thingPresenceSignals: SignalWay = { bind, permissions: () => [] };
