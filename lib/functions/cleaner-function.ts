import { createHash } from 'crypto';
import { CustomResource, Duration, Stack, Token } from 'aws-cdk-lib';
import { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct, IConstruct } from 'constructs';
import { bundledFunction, FunctionSettings } from './bundled-function';
import { ENV } from '../runtime-contract';
import { TokenSecrets } from '../storage/token-secrets';

export interface SecretCleanupProps {
  readonly rotatorName: string;
  readonly ledger: ITable;
  readonly secrets: TokenSecrets;
  readonly settings: FunctionSettings;
}

/**
 * Deletes the secrets that the rotator made when the rotator leaves its stack: a custom resource that does nothing until then.
 * CloudFormation deletes a resource before those that it depends on, so the cleanup comes before the ledger that it reads.
 */
export class SecretCleanup extends Construct {
  /**
   * Id of the cleanup of a prefix. Another prefix makes another cleanup, with a role of its own: CloudFormation deletes the former one when
   * the update is done, and with it go the secrets under the former prefix, which nobody would look for any more.
   */
  static idFor(chosenPrefix: string | undefined): string {
    if (chosenPrefix === undefined || Token.isUnresolved(chosenPrefix)) return 'SecretCleanup';
    return `SecretCleanup-${createHash('sha256').update(chosenPrefix).digest('hex').slice(0, 8)}`;
  }

  private readonly resource: CustomResource;

  constructor(scope: Construct, id: string, { rotatorName, ledger, secrets, settings }: SecretCleanupProps) {
    super(scope, id);
    const cleaner = bundledFunction(this, {
      bundle: 'cleaner',
      description: 'Deletes the tunnel token secrets of a stack that is deleted',
      timeout: Duration.minutes(15),
      rotatorName,
      ledger,
      ledgerActions: ['dynamodb:Scan'],
      environment: {
        [ENV.secretPrefix]: secrets.prefix,
        [ENV.stackName]: Stack.of(this).stackName,
      },
      statements: [
        new PolicyStatement({ sid: 'DeleteSecrets', actions: ['secretsmanager:DeleteSecret'], resources: secrets.arnPatterns }),
      ],
      wildcards: secrets.wildcards,
      // Outside any VPC: its answer goes to a bucket of CloudFormation's, and if there is no way out to that, stacks hang.
      settings: { ...settings, vpc: undefined, vpcSubnets: undefined, securityGroups: undefined },
    });
    this.resource = new CustomResource(this, 'Secrets', {
      resourceType: 'Custom::TunnelTokenCleanup',
      serviceToken: cleaner.functionArn,
      // The function's time, and some for Lambda to start it.
      serviceTimeout: Duration.minutes(20),
    });
  }

  /** The one that makes secrets is deleted first, so that none comes into being behind the cleanup. */
  outlive(maker: IConstruct): void {
    maker.node.addDependency(this.resource);
  }
}
