import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { acknowledgeInPacks } from '../functions/wildcards';

/**
 * One row a tunnel and side: what was rotated last, and who is rotating now. Holds no token. Rows don't vanish by themselves: a secret
 * without a row would be found by nobody.
 */
export class RotationLedger extends Table {
  constructor(scope: Construct, id: string, removalPolicy: RemovalPolicy = RemovalPolicy.DESTROY) {
    super(scope, id, {
      partitionKey: { name: 'tunnelId', type: AttributeType.STRING },
      sortKey: { name: 'side', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // Destroyed by default: without its rotator a row is of no use, and a new ledger starts from what it observes.
      removalPolicy,
    });
    acknowledgeInPacks(this, 'DynamoDBInBackupPlan', 'It can be restored to any second of the last 35 days, and a new one starts from what it observes');
  }
}
