import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { checkTopicPrefix } from '../checks';
import { DisconnectSourceConfig, MqttDisconnectSourceProps, SignalTarget, sourceBelow } from './signal-target';
import { TOPICS } from '../runtime-contract';
import { forwardTopics } from './topic-rules';

/** Clients publish on two topics of their tunnel: one to say that it dropped, one to ask for a token. */
export function mqttSignals({ topicPrefix = TOPICS.defaultPrefix }: MqttDisconnectSourceProps) {
  checkTopicPrefix(topicPrefix);
  const tunnelId = `topic(${topicPrefix.split('/').length + 1}) AS tunnelId`;
  const drop = `${tunnelId}, proof AS proof, clientMode AS clientMode`;
  const request = `${drop}, destinationConfig AS destinationConfig, 'token-request' AS kind`;
  const rules = [
    {
      id: 'Rule',
      description: 'Forwards disconnect signals of tunnel clients to the rotator',
      sql: `SELECT ${drop}, 'mqtt' AS via FROM '${topicPrefix}/+/${TOPICS.disconnected}'`,
    },
    {
      id: 'TokenRequestRule',
      description: 'Forwards requests for a token to the rotator',
      sql: `SELECT ${request}, 'mqtt' AS via FROM '${topicPrefix}/+/${TOPICS.tokenRequest}'`,
    },
  ];
  // An id holds no slash, a topic no hash sign.
  const id = topicPrefix === TOPICS.defaultPrefix ? 'MqttSource' : `MqttSource-${topicPrefix.replaceAll('/', '#')}`;

  return (scope: Construct, target: SignalTarget): DisconnectSourceConfig => {
    forwardTopics(sourceBelow(scope, id, `MQTT with the topic prefix '${topicPrefix}'`), target, rules);
    const topic = (name: string) => Stack.of(scope).formatArn({ service: 'iot', resource: 'topic', resourceName: `${topicPrefix}/*/${name}` });
    return {
      signalPermissions: [TOPICS.disconnected, TOPICS.tokenRequest].map((name) => ({ action: 'iot:Publish', resourceArn: topic(name) })),
    };
  };
}
