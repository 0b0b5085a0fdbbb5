import { randomBytes } from 'node:crypto';
import type { CloudParts } from '../parts';
import { DeploymentError } from './errors';
import type { StackAssembly } from './assembly';

export interface ResourceContext {
  readonly parts: CloudParts;
  readonly assembly: StackAssembly;
  readonly logicalId: string;
  /** A name like CloudFormation makes one, at most `length` characters long. */
  physicalName(length: number): string;
  /** Writes down something that is accepted and not quite so here. */
  note(text: string): void;
}

export interface Provisioned {
  /** What `Ref` gives. */
  readonly physicalId: string;
  /** What `Fn::GetAtt` gives. */
  readonly attributes?: Readonly<Record<string, unknown>>;
  remove?(): Promise<unknown> | unknown;
}

export type Properties = Readonly<Record<string, unknown>>;

/** How one CloudFormation resource type is made here. */
export interface ResourceType {
  /** Properties that have their effect. */
  readonly understood: readonly string[];
  /** Properties that are accepted and change nothing here. Any other one is an error. */
  readonly withoutEffect?: readonly string[];
  create(properties: Properties, context: ResourceContext): Provisioned | Promise<Provisioned>;
}

/** @throws DeploymentError for properties that the type does not know */
export function checkProperties(type: string, { understood, withoutEffect = [] }: ResourceType, properties: Properties, logicalId: string): void {
  const known = [...understood, ...withoutEffect];
  const unknown = Object.keys(properties).find((name) => !known.includes(name) && !known.includes('*'));
  if (unknown) throw new DeploymentError(`${logicalId} (${type}): property '${unknown}' is not known here; known are ${known.join(', ')}`);
}

/** Gives a resource the name that it had before, or a new one. */
export function namer(stackName: string, logicalId: string, known = new Map<string, string>()): (length: number) => string {
  const key = `${stackName}/${logicalId}`;
  return (length) => {
    const name = known.get(key) ?? makeName(stackName, logicalId, length);
    known.set(key, name);
    return name;
  };
}

function makeName(stackName: string, logicalId: string, length: number): string {
  const suffix = randomBytes(6).toString('hex').toUpperCase();
  const stem = `${stackName}-${logicalId}`.slice(0, length - suffix.length - 1);
  return `${stem}-${suffix}`;
}

/** Reads a nested structure and refuses names that are not known. */
export function nested(value: unknown, known: readonly string[], place: string): Properties {
  const properties = (value ?? {}) as Properties;
  const unknown = Object.keys(properties).find((name) => !known.includes(name));
  if (unknown) throw new DeploymentError(`${place}: property '${unknown}' is not known here; known are ${known.join(', ')}`);
  return properties;
}
