import { randomUUID } from 'node:crypto';
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import { IoTSecureTunnelingClient } from '@aws-sdk/client-iotsecuretunneling';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { BestEffortAnnouncer, eventBridgeChannel, mqttChannel, type Channel } from './adapters/announcers';
import { AwsTunnels } from './adapters/aws-tunnels';
import { CLIENT_SETTINGS } from './adapters/aws-call';
import { DynamoLedger } from './adapters/dynamo-ledger';
import { SecretsVault } from './adapters/secrets-vault';
import { SqsSignals } from './adapters/sqs-signals';
import { rotatorConfig } from './config';
import type { Invocation } from './domain/ports';
import { normalise } from './domain/normalise';
import { recover, type RecoveryPorts } from './recovery';
import { Telemetry } from './telemetry';

const config = rotatorConfig(process.env);
const telemetry = new Telemetry(config.rotator);
const processor = new BatchProcessor(EventType.SQS);
const ports: RecoveryPorts = {
  tunnels: new AwsTunnels(new IoTSecureTunnelingClient(CLIENT_SETTINGS)),
  ledger: new DynamoLedger(new DynamoDBClient(CLIENT_SETTINGS), config.ledgerTable),
  vault: new SecretsVault(new SecretsManagerClient(CLIENT_SETTINGS), {
    prefix: config.secretPrefix, region: config.region, stackName: config.stackName, keyArn: config.secretKey,
  }),
  signals: new SqsSignals(new SQSClient(CLIENT_SETTINGS), config.signalQueueUrl),
  announcer: new BestEffortAnnouncer(channels(), (tunnelId, error) => telemetry.announcementFailed(tunnelId, error)),
  clock: { now: () => Date.now() },
};

/** Signals from the queue, each on its own: one that fails goes back to the queue, the others don't. */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const invocation = { deadline: Date.now() + context.getRemainingTimeInMillis(), newVersionId: randomUUID };
  const onRecord = (record: SQSRecord) => handleSignal(record, invocation);
  try {
    return await processPartialResponse(event, onRecord, processor, { context, throwOnFullBatchFailure: false });
  } finally {
    telemetry.flush();
  }
}

async function handleSignal(record: SQSRecord, invocation: Invocation): Promise<void> {
  const normalised = normalise(record.body, Number(record.attributes.SentTimestamp));
  if (!normalised.ok) return telemetry.malformed(normalised.fault, record.messageId);
  const { signal } = normalised;
  try {
    telemetry.recovered(signal, await recover(signal, ports, invocation));
  } catch (error) {
    telemetry.failed(signal, error);
    throw error;
  }
}

function channels(): Channel[] {
  const { announcementBus, announcementTopicPrefix, secretPrefix } = config;
  return [
    ...(announcementBus ? [eventBridgeChannel(new EventBridgeClient(CLIENT_SETTINGS), announcementBus, secretPrefix)] : []),
    ...(announcementTopicPrefix ? [mqttChannel(new IoTDataPlaneClient(CLIENT_SETTINGS), announcementTopicPrefix, secretPrefix)] : []),
  ];
}
