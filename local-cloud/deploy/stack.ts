import { isRecord } from '../inputs';
import type { CloudParts } from '../parts';
import type { Place } from '../place';
import type { StackAssembly } from './assembly';
import type { DeployedResource, DeployedStack } from './deployment';
import { DeploymentError } from './errors';
import { resolve, truth, type Scope } from './intrinsics';
import { deploymentOrder } from './order';
import { checkProperties, namer, type Former, type Properties, type Provisioned, type ResourceContext } from './resource-type';
import { RESOURCE_TYPES, resourceType } from './resource-types';

/** `Rules` are assertions about parameters, such as the bootstrap version's; here they hold. */
const SECTIONS = ['AWSTemplateFormatVersion', 'Description', 'Metadata', 'Parameters', 'Conditions', 'Resources', 'Outputs', 'Rules'];
const RESOURCE_ATTRIBUTES = ['Type', 'Properties', 'DependsOn', 'Condition', 'Metadata', 'DeletionPolicy', 'UpdateReplacePolicy'];

const KNOWN = Object.keys(RESOURCE_TYPES).join(', ');

/** One resource of a stack, and what it was made of. */
interface Made extends Former, DeployedResource {
  readonly context: ResourceContext;
  /** It outlives its stack. */
  readonly kept: boolean;
}

type Step = () => Promise<unknown> | unknown;

/** How an update is undone: as another update, with what it made removed at its end. */
interface Undo {
  /** In the order of the update, so that what a resource refers to is as it was when its own turn comes. */
  readonly restore: Step[];
  readonly remove: Step[];
}

/** A stack over its life, as CloudFormation leads it: created, updated, rolled back, deleted. */
export class Stack {
  /** In the order in which they were made. */
  private made = new Map<string, Made>();
  /** A stack that is made anew gets new names, unless a state file remembers the former ones. */
  private readonly ownNames = new Map<string, string>();

  constructor(readonly stackName: string, private readonly parts: CloudParts) {}

  /**
   * Makes the stack what the template says. What fails midway is undone; what the template no longer has is removed at the end.
   * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
   * @param parameters values for the template's parameters, where their defaults won't do
   * @throws DeploymentError for anything in the template that is not known here; PolicyError, PatternError, SqlError alike
   */
  async deploy(assembly: StackAssembly, parameters: Readonly<Record<string, string>> = {}): Promise<DeployedStack> {
    const { template } = assembly;
    refuseUnknown(template, SECTIONS, 'the template', 'section');
    const resources = section(template, 'Resources');
    const before = this.made;
    const now = new Map<string, Made>();
    const scope = scopeOf(template, this.stackName, this.parts.place, parameters, now);
    const notes: string[] = [];
    const undo: Undo = { restore: [], remove: [] };
    try {
      for (const logicalId of deploymentOrder(resources)) {
        const resource = resources[logicalId] as Record<string, unknown>;
        refuseUnknown(resource, RESOURCE_ATTRIBUTES, logicalId, 'attribute');
        if (resource.Condition !== undefined && !truth({ Condition: resource.Condition }, scope, logicalId)) continue;
        now.set(logicalId, await this.provide(logicalId, resource, scope, assembly, notes, undo));
      }
      const outputs = Object.entries(section(template, 'Outputs')).map(([name, output]) =>
        [name, String(resolve((output as Record<string, unknown>).Value, scope, `Outputs.${name}`))] as const);
      this.made = now;
      await this.cleanUp(before, notes);
      this.begin();
      return this.described(Object.fromEntries(outputs), notes);
    } catch (error) {
      for (const step of undo.restore) await step();
      for (const step of undo.remove.reverse()) await step();
      this.begin();
      throw error;
    }
  }

  private begin(): void {
    for (const { provisioned } of this.made.values()) provisioned.begin?.();
  }

  /** Takes the stack down again, last resource first. What fails can be tried again. */
  async destroy(): Promise<void> {
    for (const [logicalId, { provisioned, kept }] of [...this.made].reverse()) {
      if (!kept) await provisioned.remove?.();
      this.made.delete(logicalId);
    }
    this.ownNames.clear();
  }

  /** Keeps, changes or makes one resource, and says how that is undone. */
  private async provide(
    logicalId: string, resource: Record<string, unknown>, scope: Scope, assembly: StackAssembly, notes: string[], undo: Undo,
  ): Promise<Made> {
    const type = String(resource.Type);
    const handler = resourceType(type);
    if (!handler) throw new DeploymentError(`${logicalId}: resource type '${type}' is not known here; known are ${KNOWN}`);
    const properties = resolve(resource.Properties ?? {}, scope, logicalId) as Properties;
    checkProperties(type, handler, properties, logicalId);
    const physicalName = namer(this.stackName, logicalId, this.parts.place, this.parts.names ?? this.ownNames);
    const context: ResourceContext = { parts: this.parts, assembly, logicalId, physicalName, note: (text) => notes.push(text) };
    const constructPath = isRecord(resource.Metadata) ? resource.Metadata['aws:cdk:path'] as string | undefined : undefined;
    const shape = { logicalId, type, properties, constructPath, context, kept: /^Retain/.test(String(resource.DeletionPolicy)) };

    const former = this.made.get(logicalId);
    if (former && former.type !== type) {
      throw new DeploymentError(`${logicalId}: Update of resource type is not permitted: it is a ${former.type}, and the new template makes it a ${type}`);
    }
    if (!former) {
      const provisioned = await handler.create(properties, context);
      undo.remove.push(() => provisioned.remove?.());
      return { ...shape, provisioned, physicalId: provisioned.physicalId };
    }
    if (JSON.stringify(former.properties) === JSON.stringify(properties)) return { ...former, ...shape };

    const change = async (to: Properties, place: ResourceContext, from: Former): Promise<Provisioned> => {
      if (handler.update) return handler.update(to, place, from);
      await from.provisioned.remove?.();
      try {
        return await handler.create(to, place);
      } catch (error) {
        this.made.set(logicalId, { ...former, provisioned: await handler.create(former.properties, former.context) });
        throw error;
      }
    };
    const provisioned = await change(properties, context, former);
    undo.restore.push(async () => {
      const restored = await change(former.properties, former.context, { properties, provisioned });
      if (restored.physicalId !== provisioned.physicalId) undo.remove.push(() => provisioned.remove?.());
      this.made.set(logicalId, { ...former, provisioned: restored, physicalId: restored.physicalId });
    });
    return { ...shape, provisioned, physicalId: provisioned.physicalId };
  }

  /** Removes what the update left behind; what resists stays, as in CloudFormation, and is noted. */
  private async cleanUp(before: ReadonlyMap<string, Made>, notes: string[]): Promise<void> {
    for (const [logicalId, { provisioned, physicalId, kept }] of [...before].reverse()) {
      if (kept || this.made.get(logicalId)?.physicalId === physicalId) continue;
      await Promise.resolve(provisioned.remove?.()).catch((error: Error) => notes.push(`${logicalId}: ${physicalId} could not be removed: ${error.message}`));
    }
  }

  private described(outputs: Readonly<Record<string, string>>, notes: readonly string[]): DeployedStack {
    const listed = [...this.made.values()].map(({ logicalId, type, physicalId, constructPath }) => ({ logicalId, type, physicalId, constructPath }));
    return {
      stackName: this.stackName, outputs, notes,
      physicalIds: Object.fromEntries(listed.map(({ logicalId, physicalId }) => [logicalId, physicalId])),
      resources: listed,
      physicalId: (type, part = '') => only(listed, type, part).physicalId,
      destroy: () => this.destroy(),
    };
  }
}

function scopeOf(
  template: Readonly<Record<string, unknown>>, stackName: string, place: Place, given: Readonly<Record<string, string>>,
  made: ReadonlyMap<string, Made>,
): Scope {
  const parameters = section(template, 'Parameters');
  const conditions = section(template, 'Conditions');
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': place.account,
    'AWS::Partition': place.partition,
    'AWS::Region': place.region,
    'AWS::StackId': place.arn('cloudformation', `stack/${stackName}/00000000-0000-0000-0000-000000000000`),
    'AWS::StackName': stackName,
    'AWS::URLSuffix': place.urlSuffix,
  };
  const scope: Scope = {
    ref: (name) => pseudo[name] ?? made.get(name)?.physicalId ?? (name in parameters ? parameterValue(name, parameters[name], given) : undefined),
    attribute: (logicalId, name) => made.get(logicalId)?.provisioned.attributes?.[name],
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
