import '../readable-stacks';
import { randomUUID } from 'node:crypto';
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IoTSecureTunnelingClient } from '@aws-sdk/client-iotsecuretunneling';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { BestEffortAnnouncer, eventBridgeChannel, mqttChannel, secretTagChannel, type Channel } from '../adapters/announcers';
import { AwsTunnels } from '../adapters/aws-tunnels';
import { CLIENT_SETTINGS, remembersRefusals } from '../adapters/aws-call';
import { DynamoLedger } from '../adapters/dynamo-ledger';
import { FoundPace, OnlyWhenThrottled, repeating } from '../adapters/found-pace';
import { MqttCourier } from '../adapters/mqtt-courier';
import { SecretsVault } from '../adapters/secrets-vault';
import { rotatorConfig } from '../config';
import { beginOnlyIfItCanEnd, neediestFirst } from './batch';
import type { RecoveryPorts } from './context';
import type { Invocation } from '../domain/ports';
import { normalise, type Normalised } from '../domain/normalise';
import { lazily } from '../lazily';
import { newProof } from '../proof';
import { greet } from './presence';
import { Rechecks } from './rechecks';
import { recover } from './recovery';
import { RowsAhead } from './rows-ahead';
import { Telemetry } from '../telemetry';

const config = rotatorConfig(process.env);
const telemetry = new Telemetry(config.rotator);
const processor = new BatchProcessor(EventType.SQS);
const pace = new FoundPace();
const tunnels = new AwsTunnels(
  new IoTSecureTunnelingClient({ ...CLIENT_SETTINGS, retryStrategy: repeating(pace) }),
  remembersRefusals(new IoTSecureTunnelingClient({ ...CLIENT_SETTINGS, retryStrategy: new OnlyWhenThrottled(pace) })),
);
// The token lies in its secret before anybody is told, and a message is only sent where there is nothing to deliver: no first token waits for these.
const publish = lazily(async () => (await import('../adapters/broker.js')).publisher());
const putEvent = lazily(async () => (await import('../adapters/event-bus.js')).eventPutter());
const send = lazily(async () => (await import('../adapters/sqs-signals.js')).sender(config.signalQueueUrl));
const secrets = remembersRefusals(new SecretsManagerClient(CLIENT_SETTINGS));
const ports: RecoveryPorts = {
  tunnels,
  ledger: new DynamoLedger(new DynamoDBClient(CLIENT_SETTINGS), config.ledgerTable),
  vault: new SecretsVault(secrets, {
    prefix: config.secretPrefix, region: config.region, stackName: config.stackName, keyArn: config.secretKey, tags: config.secretTags,
  }),
  courier: new MqttCourier(publish, config.destinationTopic, config.region),
  signals: { send },
  announcer: new BestEffortAnnouncer(channels(), telemetry),
  witness: telemetry,
  clock: { now: () => Date.now() },
  rechecks: new Rechecks(),
};

/** Signals from the queue, each on its own: one that fails goes back to the queue, the others don't. */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const invocation = { deadline: Date.now() + context.getRemainingTimeInMillis(), newVersionId: randomUUID, newProof };
  const batch = { ...event, Records: neediestFirst(event.Records) };
  const news = new Map(batch.Records.map((record) => [record, normalise(record.body, Number(record.attributes.SentTimestamp))]));
  const signals = [...news.values()].flatMap((one) => (one.ok && 'signal' in one ? [one.signal] : []));
  const ahead = new RowsAhead(ports.ledger, signals, ports.clock.now());
  const onRecord = (record: SQSRecord) => handleSignal(record.messageId, news.get(record)!, { ...ports, ahead }, invocation);
  try {
    // One after the other: then the mapping's concurrency is what paces the calls to Secure Tunneling.
    return await processPartialResponse(batch, onRecord, processor, { context, processInParallel: false, throwOnFullBatchFailure: false });
  } finally {
    await telemetry.flush();
  }
}

async function handleSignal(messageId: string, news: Normalised, all: RecoveryPorts, invocation: Invocation): Promise<void> {
  telemetry.received();
  if (!news.ok) return telemetry.malformed(news.fault, messageId);
  try {
    beginOnlyIfItCanEnd(invocation.deadline - ports.clock.now());
    if ('presence' in news) await greet(news.presence, tunnels, ports.signals);
    else await recover(news.signal, all, invocation, config.policy);
  } catch (error) {
    telemetry.failed('presence' in news ? news.presence : news.signal, error);
    throw error;
  }
}

function channels(): Channel[] {
  const { announcementBus, announcementTopicPrefix, secretPrefix } = config;
  return [
    secretTagChannel(secrets, secretPrefix, Date.now),
    ...(announcementBus ? [eventBridgeChannel(putEvent, announcementBus, secretPrefix)] : []),
    ...(announcementTopicPrefix ? [mqttChannel(publish, announcementTopicPrefix, secretPrefix)] : []),
  ];
}
