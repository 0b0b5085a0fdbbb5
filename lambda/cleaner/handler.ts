import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Context } from 'aws-lambda';
import { CLIENT_SETTINGS } from '../adapters/aws-call';
import { DynamoLedger } from '../adapters/dynamo-ledger';
import { SecretsVault } from '../adapters/secrets-vault';
import { answerStack, type StackRequest } from './stack-answer';
import { cleanUp, type CleanupPorts } from './cleanup';
import { cleanerConfig } from '../config';
import { DependencyError } from '../domain/errors';
import { Telemetry } from '../telemetry';

/** Kept free for the call under way when the time is up, and for the answer. */
const TIME_TO_FINISH = 30_000;

const config = cleanerConfig(process.env);
const telemetry = new Telemetry(config.rotator);
const ports: CleanupPorts = {
  ledger: new DynamoLedger(new DynamoDBClient(CLIENT_SETTINGS), config.ledgerTable),
  vault: new SecretsVault(new SecretsManagerClient(CLIENT_SETTINGS), { prefix: config.secretPrefix, region: config.region, stackName: config.stackName }),
  clock: { now: () => Date.now() },
  sleep,
  failed: (tunnelId, error) => telemetry.secretNotDeleted(tunnelId, error),
};

/** Asked by CloudFormation when the stack is deleted; there is nothing to do when it is created or updated. */
export async function handler(request: StackRequest, context: Context): Promise<void> {
  const failure = request.RequestType === 'Delete' ? await failureOfCleanup(context) : undefined;
  await answerStack(request, { physicalId: request.PhysicalResourceId ?? config.rotator, failure });
}

async function failureOfCleanup(context: Context): Promise<string | undefined> {
  try {
    const report = await cleanUp(ports, Date.now() + context.getRemainingTimeInMillis() - TIME_TO_FINISH);
    telemetry.cleanedUp(report);
    if (report.complete && report.failed === 0) return undefined;
    const outcome = `Secrets deleted: ${report.destroyed}, refused: ${report.failed}${report.complete ? '' : ', and time ran out before the others'}`;
    return `${outcome}. Delete the stack again to go on; the log group ${context.logGroupName} says more`;
  } catch (error) {
    telemetry.cleanupFailed(error);
    return `The ledger could not be read: ${error instanceof DependencyError ? error.message : 'see the log'}`;
  }
}
