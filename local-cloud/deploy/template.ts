import { isRecord } from '../inputs';
import type { CloudParts } from '../parts';
import { ACCOUNT, REGION, arn } from '../service';
import type { StackAssembly } from './assembly';
import { DeploymentError } from './errors';
import { resolve, truth, type Scope } from './intrinsics';
import type { DeployedResource, Deployment } from './deployment';
import { deploymentOrder } from './order';
import { checkProperties, namer, type Provisioned } from './resource-type';
import { RESOURCE_TYPES, resourceType } from './resource-types';

/** `Rules` are assertions about parameters, such as the bootstrap version's; here they hold. */
const SECTIONS = ['AWSTemplateFormatVersion', 'Description', 'Metadata', 'Parameters', 'Conditions', 'Resources', 'Outputs', 'Rules'];
const RESOURCE_ATTRIBUTES = ['Type', 'Properties', 'DependsOn', 'Condition', 'Metadata', 'DeletionPolicy', 'UpdateReplacePolicy'];

/**
 * Deploys a synthesized template. What fails midway takes down what it had made.
 * @param parameters values for the template's parameters, where their defaults won't do
 * @throws DeploymentError for anything in the template that is not known here; PolicyError, PatternError, SqlError alike
 */
export async function deployTemplate(assembly: StackAssembly, parts: CloudParts, parameters: Readonly<Record<string, string>> = {}): Promise<Deployment> {
  const { template, stackName } = assembly;
  refuseUnknown(template, SECTIONS, 'the template', 'section');
  const resources = section(template, 'Resources');
  const made = new Map<string, Provisioned>();
  const scope = scopeOf(template, stackName, parameters, made);
  const listed: DeployedResource[] = [];
  const notes: string[] = [];

  const destroy = async () => {
    for (const { logicalId } of [...listed].reverse()) await made.get(logicalId)?.remove?.();
    listed.length = 0;
  };

  try {
    for (const logicalId of deploymentOrder(resources)) {
      const resource = resources[logicalId] as Record<string, unknown>;
      refuseUnknown(resource, RESOURCE_ATTRIBUTES, logicalId, 'attribute');
      if (resource.Condition !== undefined && !truth({ Condition: resource.Condition }, scope, logicalId)) continue;
      const type = String(resource.Type);
      const handler = resourceType(type);
      if (!handler) throw new DeploymentError(`${logicalId}: resource type '${type}' is not known here; known are ${Object.keys(RESOURCE_TYPES).join(', ')}`);
      const properties = resolve(resource.Properties ?? {}, scope, logicalId) as Record<string, unknown>;
      checkProperties(type, handler, properties, logicalId);
      const provisioned = await handler.create(properties, {
        parts, assembly, logicalId, physicalName: namer(stackName, logicalId, parts.names), note: (text) => notes.push(text),
      });
      made.set(logicalId, provisioned);
      const constructPath = isRecord(resource.Metadata) ? resource.Metadata['aws:cdk:path'] as string | undefined : undefined;
      listed.push({ logicalId, type, physicalId: provisioned.physicalId, constructPath });
    }
    const outputs = Object.entries(section(template, 'Outputs')).map(([name, output]) =>
      [name, String(resolve((output as Record<string, unknown>).Value, scope, `Outputs.${name}`))] as const);
    return {
      stackName, notes,
      outputs: Object.fromEntries(outputs),
      physicalIds: Object.fromEntries(listed.map(({ logicalId, physicalId }) => [logicalId, physicalId])),
      resources: [...listed],
      physicalId: (type, part = '') => only(listed, type, part).physicalId,
      destroy,
    };
  } catch (error) {
    await destroy();
    throw error;
  }
}

function scopeOf(
  template: Readonly<Record<string, unknown>>, stackName: string, given: Readonly<Record<string, string>>, made: ReadonlyMap<string, Provisioned>,
): Scope {
  const parameters = section(template, 'Parameters');
  const conditions = section(template, 'Conditions');
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': ACCOUNT,
    'AWS::Partition': 'aws',
    'AWS::Region': REGION,
    'AWS::StackId': arn('cloudformation', `stack/${stackName}/00000000-0000-0000-0000-000000000000`),
    'AWS::StackName': stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  };
  const scope: Scope = {
    ref: (name) => pseudo[name] ?? made.get(name)?.physicalId ?? (name in parameters ? parameterValue(name, parameters[name], given) : undefined),
    attribute: (logicalId, name) => made.get(logicalId)?.attributes?.[name],
    condition: (name) => (name in conditions ? truth(conditions[name], scope, `Conditions.${name}`) : undefined),
  };
  return scope;
}

function parameterValue(name: string, parameter: unknown, given: Readonly<Record<string, string>>): unknown {
  const value = given[name] ?? (isRecord(parameter) ? parameter.Default : undefined);
  if (value === undefined) throw new DeploymentError(`parameter '${name}' has no default and was given no value`);
  return value;
}

function only(resources: readonly DeployedResource[], type: string, part: string): DeployedResource {
  const found = resources.filter((resource) => resource.type === type && (resource.constructPath?.includes(part) || resource.logicalId.includes(part)));
  if (found.length !== 1) {
    const all = resources.map(({ logicalId, type: other }) => `${logicalId} (${other})`).join(', ');
    throw new Error(`${found.length} resources are of type ${type} and match '${part}'; deployed are ${all}`);
  }
  return found[0];
}

function refuseUnknown(value: Readonly<Record<string, unknown>>, known: readonly string[], place: string, what: string): void {
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown) throw new DeploymentError(`${place}: ${what} '${unknown}' is not known here; known are ${known.join(', ')}`);
}

function section(template: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> {
  const value = template[name] ?? {};
  if (!isRecord(value)) throw new DeploymentError(`the template's ${name} must be an object`);
  return value;
}
