import type { Calls } from './calls';
import type { DynamoDb } from './dynamodb';
import type { EventBridge } from './eventbridge/service';
import type { Lambda } from './functions/lambda-service';
import type { Logs } from './functions/logs';
import type { Broker } from './iot/broker';
import type { TopicRules } from './iot/topic-rules';
import type { Trace } from './leaks';
import type { Sqs } from './sqs/service';

/** What a cloud has in one account and region; calls and logs are those of all. */
interface Sources {
  readonly calls: Calls;
  readonly logs: Logs;
  readonly sqs: Sqs;
  readonly dynamodb: DynamoDb;
  readonly eventbridge: EventBridge;
  readonly broker: Broker;
  readonly topicRules: TopicRules;
  readonly lambda: Lambda;
}

/** Everything that was written down anywhere, but for secrets and the topic on which AWS itself sends the destination's token. */
export async function traces({ calls, logs, sqs, dynamodb, eventbridge, broker, topicRules, lambda }: Sources): Promise<Trace[]> {
  return [
    ...calls.records.map((record) => ({ place: `call ${record.service}.${record.action}`, text: JSON.stringify(record) })),
    ...logs.lines.map(({ functionName, text }) => ({ place: `log of ${functionName}`, text })),
    ...[...sqs.queues.values()].flatMap(({ name, history }) => history.map((text) => ({ place: `queue ${name}`, text }))),
    ...eventbridge.events.map(({ bus, event }) => ({ place: `event bus ${bus}`, text: JSON.stringify(event) })),
    ...broker.publications.filter(({ topic }) => !/^\$aws\/things\/[^/]+\/tunnels\/notify$/.test(topic))
      .map(({ topic, payload }) => ({ place: `MQTT topic ${topic}`, text: topic + payload.toString('utf8') })),
    ...topicRules.failures.map((failure) => ({ place: `failure of rule ${failure.rule}`, text: JSON.stringify(failure) })),
    ...[...lambda.functions.values()].map(({ name, settings }) => ({ place: `environment of ${name}`, text: JSON.stringify(settings.environment) })),
    ...await tables(dynamodb),
  ];
}

async function tables(dynamodb: DynamoDb): Promise<Trace[]> {
  const { TableNames } = await dynamodb.send('ListTables', {});
  const scans = (TableNames as string[]).map(async (TableName) => {
    const { Items } = await dynamodb.send('Scan', { TableName, ConsistentRead: true });
    return (Items as object[]).map((item) => ({ place: `table ${TableName}`, text: JSON.stringify(item) }));
  });
  return (await Promise.all(scans)).flat();
}
