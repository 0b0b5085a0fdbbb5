import { assumeRole } from '../iam/authorize';
import { EventSourceMapping } from '../functions/event-source-mapping';
import type { FunctionSettings } from '../functions/lambda-function';
import { authorize } from '../iam/authorize';
import { bundleDirectory } from './assembly';
import { DeploymentError } from './errors';
import { nested, type Properties, type ResourceContext, type ResourceType } from './resource-type';

export const lambdaFunction: ResourceType = {
  understood: ['FunctionName', 'Code', 'Handler', 'Runtime', 'Environment', 'Timeout', 'MemorySize', 'Role', 'LoggingConfig', 'ReservedConcurrentExecutions'],
  withoutEffect: [
    'Architectures', 'Description', 'Tags', 'TracingConfig', 'EphemeralStorage', 'RuntimeManagementConfig', 'RecursiveLoop', 'KmsKeyArn', 'VpcConfig',
  ],
  create(properties, context) {
    const settings = functionSettings(properties, context);
    const { parts } = context;
    return { physicalId: settings.name, attributes: { Arn: parts.lambda.create(settings).arn }, remove: () => parts.lambda.remove(settings.name) };
  },
  /** In place: a mapping goes on with it, and what it is doing right now ends as it began. */
  async update(properties, context, { provisioned }) {
    const settings = functionSettings(properties, context);
    if (settings.name !== provisioned.physicalId) return this.create(properties, context);
    await context.parts.lambda.update(settings);
    return provisioned;
  },
};

function functionSettings(properties: Properties, { parts, assembly, logicalId, physicalName }: ResourceContext): FunctionSettings {
  const { FunctionName, Code, Handler, Runtime, Environment, Timeout = 3, MemorySize = 128, Role, LoggingConfig, ReservedConcurrentExecutions } = properties;
  if (!/^nodejs\d+\.x$/.test(String(Runtime))) throw new DeploymentError(`${logicalId}: runtime '${String(Runtime)}' is not known here; known is Node.js`);
  const { S3Key } = nested(Code, ['S3Bucket', 'S3Key'], `${logicalId}.Code`);
  const { Variables = {} } = nested(Environment, ['Variables'], `${logicalId}.Environment`);
  const { LogGroup } = nested(LoggingConfig, ['LogGroup', 'LogFormat', 'ApplicationLogLevel', 'SystemLogLevel'], `${logicalId}.LoggingConfig`);
  const name = FunctionName === undefined ? physicalName(64) : String(FunctionName);
  const role = parts.roles.get(String(Role));
  assumeRole(role, 'lambda.amazonaws.com', parts.place.arn('lambda', `function:${name}`), parts.clock.now());
  return {
    name, role,
    directory: bundleDirectory(assembly.assetPath(String(S3Key))),
    handler: String(Handler),
    runtime: String(Runtime),
    environment: Object.fromEntries(Object.entries(Variables as object).map(([key, value]) => [key, String(value)])),
    timeout: Number(Timeout),
    memory: Number(MemorySize),
    logGroup: LogGroup === undefined ? `/aws/lambda/${name}` : String(LogGroup),
    concurrency: ReservedConcurrentExecutions === undefined ? undefined : Number(ReservedConcurrentExecutions),
  };
}

export const permission: ResourceType = {
  understood: ['Action', 'FunctionName', 'Principal', 'SourceArn', 'SourceAccount'],
  create({ Action, FunctionName, Principal, SourceArn, SourceAccount }, { parts, physicalName }) {
    const remove = parts.lambda.permit(String(FunctionName), {
      Effect: 'Allow',
      Action,
      Resource: '*', // of this function: the policy is its own
      Principal: String(Principal).endsWith('.amazonaws.com') ? { Service: Principal } : { AWS: Principal },
      Condition: {
        ...(SourceArn !== undefined && { ArnLike: { 'aws:SourceArn': SourceArn } }),
        ...(SourceAccount !== undefined && { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
      },
    });
    return { physicalId: physicalName(100), remove };
  },
};

/** Lambda polls with the function's own role, so the role must allow it. */
const POLLER_ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

export const eventSourceMapping: ResourceType = {
  understood: ['FunctionName', 'EventSourceArn', 'BatchSize', 'ScalingConfig', 'FunctionResponseTypes', 'Enabled'],
  withoutEffect: ['MaximumBatchingWindowInSeconds', 'Tags', 'MetricsConfig'],
  create(properties, { parts, logicalId, physicalName }) {
    const { FunctionName, EventSourceArn, BatchSize = 10, ScalingConfig, FunctionResponseTypes = [], Enabled = true } = properties;
    const target = parts.lambda.functions.get(String(FunctionName).replace(/^arn:.*:function:/, ''));
    const source = parts.sqs.byArn(String(EventSourceArn));
    if (!target || !source) {
      throw new DeploymentError(`${logicalId}: an event source mapping needs an SQS queue and a function; '${String(EventSourceArn)}' is not known here`);
    }
    if (source.settings.visibilityTimeout < target.settings.timeout) {
      const [visibility, timeout] = [source.settings.visibilityTimeout, target.settings.timeout];
      throw new DeploymentError(`${logicalId}: Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${timeout} seconds`);
    }
    const { role, name } = target.settings;
    const poller = { kind: 'function', functionName: name, instance: 'poller', role } as const;
    authorize(poller, POLLER_ACTIONS.map((action) => ({ action, resource: source.arn })), { place: parts.place, now: parts.clock.now() });
    const { MaximumConcurrency = 5 } = nested(ScalingConfig, ['MaximumConcurrency'], `${logicalId}.ScalingConfig`);
    const physicalId = physicalName(36);
    if (!Enabled) return { physicalId };
    const mapping = new EventSourceMapping(source, target, {
      batchSize: Number(BatchSize),
      maximumConcurrency: Number(MaximumConcurrency),
      reportBatchItemFailures: (FunctionResponseTypes as string[]).includes('ReportBatchItemFailures'),
    });
    parts.mappings.add(mapping);
    return {
      physicalId,
      remove: async () => {
        parts.mappings.delete(mapping);
        await mapping.close();
      },
    };
  },
};

export const eventInvokeConfig: ResourceType = {
  understood: ['FunctionName', 'Qualifier', 'MaximumRetryAttempts'],
  withoutEffect: ['MaximumEventAgeInSeconds'],
  create({ FunctionName, Qualifier, MaximumRetryAttempts = 2 }, { parts, logicalId, physicalName }) {
    if (Qualifier !== '$LATEST') throw new DeploymentError(`${logicalId}: qualifier '${String(Qualifier)}' is not known here; known is $LATEST`);
    parts.lambda.configureAsync(String(FunctionName), Number(MaximumRetryAttempts));
    return { physicalId: physicalName(64) };
  },
};
