import { tableArn } from '../dynamodb';
import { DeploymentError } from './errors';
import type { Properties, Provisioned, ResourceContext, ResourceType } from './resource-type';

/** Kept by the deployer, because dynalite knows nothing of them; none changes what a caller sees. */
const WITHOUT_EFFECT = [
  'TimeToLiveSpecification', 'PointInTimeRecoverySpecification', 'SSESpecification', 'Tags', 'DeletionProtectionEnabled', 'TableClass',
  'ContributorInsightsSpecification', 'WriteOnDemandThroughputSettings', 'WriteProvisionedThroughputSettings', 'WarmThroughput',
];
const SHAPE = ['KeySchema', 'AttributeDefinitions', 'BillingMode', 'GlobalSecondaryIndexes', 'LocalSecondaryIndexes'];

export const table: ResourceType = {
  understood: ['TableName', 'ProvisionedThroughput', ...SHAPE],
  withoutEffect: WITHOUT_EFFECT,
  create: createTable,
};

/** A table with replicas; one region is all there is here. */
export const globalTable: ResourceType = {
  understood: ['TableName', 'Replicas', ...SHAPE],
  withoutEffect: WITHOUT_EFFECT,
  create({ Replicas, ...properties }, context) {
    const regions = (Replicas as { Region: string }[]).length;
    if (regions !== 1) throw new DeploymentError(`${context.logicalId}: a global table with ${regions} replicas is not known here, only with one`);
    return createTable(properties, context);
  },
};

async function createTable(properties: Properties, { parts, physicalName }: ResourceContext): Promise<Provisioned> {
  const { dynamodb } = parts;
  const name = properties.TableName === undefined ? physicalName(255) : String(properties.TableName);
  const shape = Object.fromEntries([...SHAPE, 'ProvisionedThroughput'].filter((key) => properties[key] !== undefined).map((key) => [key, properties[key]]));
  await dynamodb.createTable({ ...shape, TableName: name });
  return {
    physicalId: name,
    attributes: { Arn: tableArn(name) },
    remove: () => dynamodb.send('DeleteTable', { TableName: name }),
  };
}
