import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { checkTopicPrefix } from '../checks';
import { DisconnectSourceConfig, MqttDisconnectSourceProps, SignalPermission, SignalTarget, SignalWay, sourceBelow } from './signal-target';
import { TOPICS } from '../runtime-contract';
import { forwardTopics } from './topic-rules';

/**
 * Clients publish on two topics of their tunnel: one to say that it dropped, one to ask for a token. With a level for their thing in front,
 * an IoT policy can tie them to the tunnels of their own thing; the rotator checks that level against the tunnel.
 */
export function mqttSignals({ topicPrefix = TOPICS.defaultPrefix }: MqttDisconnectSourceProps): SignalWay {
  checkTopicPrefix(topicPrefix);
  const first = topicPrefix.split('/').length + 1;
  const tunnel = { filter: `${topicPrefix}/+`, ids: `topic(${first}) AS tunnelId` };
  const tunnelOfThing = { filter: `${topicPrefix}/+/+`, ids: `topic(${first + 1}) AS tunnelId, topic(${first}) AS thingName` };
  const rules = [
    { id: 'Rule', ...drops(tunnel) },
    { id: 'TokenRequestRule', ...requests(tunnel) },
    { id: 'ThingRule', ...drops(tunnelOfThing) },
    { id: 'ThingTokenRequestRule', ...requests(tunnelOfThing) },
  ];
  const id = topicPrefix === TOPICS.defaultPrefix ? ID : `${ID}-${topicPrefix.replaceAll('/', '#')}`;

  return {
    bind(scope: Construct, target: SignalTarget): DisconnectSourceConfig {
      checkNeighbours(scope, topicPrefix);
      forwardTopics(sourceBelow(scope, id, `MQTT with the topic prefix '${topicPrefix}'`), target, rules);
      return {};
    },
    permissions(scope: Construct): SignalPermission[] {
      const topic = (resourceName: string) => Stack.of(scope).formatArn({ service: 'iot', resource: 'topic', resourceName });
      const topics = ['<tunnelId>', '<thingName>/<tunnelId>'].flatMap((ids) => [`${ids}/${TOPICS.disconnected}`, `${ids}/${TOPICS.tokenRequest}`]);
      return topics.map((each) => ({ action: 'iot:Publish', resourceArn: topic(`${topicPrefix}/${each}`) }));
    },
  };
}

/** Followed by the prefix, unless that is the default one. An id holds no slash, a topic no hash sign. */
const ID = 'MqttSource';

/** A thing that is called like the last level of the longer prefix, and may speak of its own tunnels below the shorter one, would speak of any tunnel there. */
function checkNeighbours(rotator: Construct, topicPrefix: string): void {
  const ids = rotator.node.children.map(({ node }) => node.id).filter((id) => id === ID || id.startsWith(`${ID}-`));
  const prefixes = ids.map((id) => id.slice(ID.length + 1).replaceAll('#', '/') || TOPICS.defaultPrefix);
  const other = prefixes.find((prefix) => isLevelBelow(prefix, topicPrefix) || isLevelBelow(topicPrefix, prefix));
  if (other === undefined) return;
  throw new Error('disconnectSources must not name MQTT with a topic prefix that is another one and a level more, because a thing of that name could speak '
    + `for all tunnels below the longer one, but names '${other}' and '${topicPrefix}'`);
}

const isLevelBelow = (longer: string, shorter: string): boolean => longer.slice(0, longer.lastIndexOf('/')) === shorter;

interface Levels {
  readonly filter: string;
  readonly ids: string;
}

const drops = ({ filter, ids }: Levels) => ({
  description: 'Forwards disconnect signals of tunnel clients to the rotator',
  sql: `SELECT ${ids}, proof AS proof, clientMode AS clientMode, 'mqtt' AS via FROM '${filter}/${TOPICS.disconnected}'`,
});

const requests = ({ filter, ids }: Levels) => ({
  description: 'Forwards requests for a token to the rotator',
  sql: `SELECT ${ids}, proof AS proof, clientMode AS clientMode, destinationConfig AS destinationConfig, 'token-request' AS kind, 'mqtt' AS via `
    + `FROM '${filter}/${TOPICS.tokenRequest}'`,
});
