import '../readable-stacks';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Context } from 'aws-lambda';
import { CLIENT_SETTINGS } from '../adapters/aws-call';
import { DynamoLedger } from '../adapters/dynamo-ledger';
import { ListedSecrets } from '../adapters/listed-secrets';
import { SecretsVault } from '../adapters/secrets-vault';
import { answerStack, type StackRequest } from './stack-answer';
import { cleanUp, type CleanupPorts } from './cleanup';
import { cleanerConfig } from '../config';
import { DependencyError } from '../domain/errors';
import { Telemetry } from '../telemetry';
import { CLEANUP } from '../../lib/runtime-contract';

/** Kept free for the call under way when the time is up, and for the answer. */
const TIME_TO_FINISH = 30_000;

const config = cleanerConfig(process.env);
const telemetry = new Telemetry(config.rotator);
const secretsManager = new SecretsManagerClient(CLIENT_SETTINGS);

/** Of one prefix: after a change of it CloudFormation wants the former one cleaned up. */
const portsFor = (prefix: string): CleanupPorts => ({
  ledger: new DynamoLedger(new DynamoDBClient(CLIENT_SETTINGS), config.ledgerTable),
  listed: new ListedSecrets(secretsManager, prefix),
  vault: new SecretsVault(secretsManager, { prefix, region: config.region, stackName: config.stackName }),
  clock: { now: () => Date.now() },
  sleep,
  failed: (tunnelId, error) => telemetry.secretNotDeleted(tunnelId, error),
});

/**
 * Asked by CloudFormation whenever something happens to the cleanup. Its physical id is the prefix: where that changes, CloudFormation asks for the
 * former one's deletion. There is nothing to do before that.
 */
export async function handler(request: StackRequest, context: Context): Promise<void> {
  // Version 0.1.0 wrote no properties, and was called as the rotator is.
  const { SecretPrefix: prefix = config.rotator, Secrets: fate } = request.ResourceProperties;
  const failure = request.RequestType === 'Delete' && fate === CLEANUP.destroy ? await failureOfCleanup(prefix, context) : undefined;
  await answerStack(request, { physicalId: request.RequestType === 'Delete' ? request.PhysicalResourceId ?? prefix : prefix, failure });
}

async function failureOfCleanup(prefix: string, context: Context): Promise<string | undefined> {
  try {
    const report = await cleanUp(portsFor(prefix), Date.now() + context.getRemainingTimeInMillis() - TIME_TO_FINISH);
    telemetry.cleanedUp(report);
    if (report.complete && report.failed === 0) return undefined;
    const outcome = `Secrets deleted: ${report.destroyed}, refused: ${report.failed}${report.complete ? '' : ', and time ran out before the others'}`;
    return `${outcome}. Delete the stack again to go on; the log group ${context.logGroupName} says more`;
  } catch (error) {
    telemetry.cleanupFailed(error);
    return `Ledger or secrets could not be listed: ${error instanceof DependencyError ? error.message : 'see the log'}`;
  } finally {
    await telemetry.flush();
  }
}
