import '../readable-stacks';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IoTSecureTunnelingClient } from '@aws-sdk/client-iotsecuretunneling';
import type { Context } from 'aws-lambda';
import { CLIENT_SETTINGS } from '../adapters/aws-call';
import { AwsTunnels } from '../adapters/aws-tunnels';
import { DynamoLedger } from '../adapters/dynamo-ledger';
import { DynamoBookmarks } from '../adapters/dynamo-bookmarks';
import { FoundPace, repeating } from '../adapters/found-pace';
import { pacer } from '../adapters/pace';
import { sweeperConfig } from '../config';
import { lazily } from '../lazily';
import { sweep, type SweepPorts } from './sweep';
import { Telemetry } from '../telemetry';

/** Kept free for the calls under way when the time is up, and for the report. */
const TIME_TO_FINISH = 10_000;

const config = sweeperConfig(process.env);
const telemetry = new Telemetry(config.rotator);
const dynamo = new DynamoDBClient(CLIENT_SETTINGS);
const ports: SweepPorts = {
  tunnels: new AwsTunnels(new IoTSecureTunnelingClient({ ...CLIENT_SETTINGS, retryStrategy: repeating(new FoundPace()) })),
  ledger: new DynamoLedger(dynamo, config.ledgerTable),
  bookmarks: new DynamoBookmarks(dynamo, config.ledgerTable),
  signals: { send: lazily(async () => (await import('../adapters/sqs-signals.js')).sender(config.signalQueueUrl)) },
  clock: { now: () => Date.now() },
  pace: pacer(config.callsPerSecond),
  seen: new Set(),
  failed: (tunnelId, error) => telemetry.observationFailed(tunnelId, error),
};

/** Runs on a schedule; looks for drops that nobody signalled. */
export async function handler(_event: unknown, context: Context): Promise<void> {
  try {
    telemetry.swept(await sweep(ports, Date.now() + context.getRemainingTimeInMillis() - TIME_TO_FINISH, config.policy));
  } catch (error) {
    telemetry.sweepFailed(error);
    throw error;
  } finally {
    await telemetry.flush();
  }
}
