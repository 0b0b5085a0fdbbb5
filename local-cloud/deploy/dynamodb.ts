import { DeploymentError } from './errors';
import { refuseUpdate, type Former, type Properties, type Provisioned, type ResourceContext, type ResourceType } from './resource-type';

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
  update: updateTable,
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
  update: updateTable,
};

/** What has no effect may change. */
function updateTable(properties: Properties, context: ResourceContext, { properties: former, provisioned }: Former): Provisioned {
  const [before, now] = [former, properties].map((all) => JSON.stringify(['TableName', 'ProvisionedThroughput', ...SHAPE].map((key) => all[key])));
  return before === now ? provisioned : refuseUpdate(properties, context);
}

async function createTable(properties: Properties, { parts, physicalName }: ResourceContext): Promise<Provisioned> {
  const { dynamodb } = parts;
  const name = properties.TableName === undefined ? physicalName(255) : String(properties.TableName);
  const shape = Object.fromEntries([...SHAPE, 'ProvisionedThroughput'].filter((key) => properties[key] !== undefined).map((key) => [key, properties[key]]));
  await dynamodb.createTable({ ...shape, TableName: name });
  return {
    physicalId: name,
    attributes: { Arn: dynamodb.tableArn(name) },
    remove: () => dynamodb.send('DeleteTable', { TableName: name }),
  };
}
