import { randomBytes } from 'node:crypto';
import type { CloudParts } from '../parts';
import type { Place } from '../place';
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
  /** Begins what it does by itself, if it hasn't yet. Called when all of the stack stands: what it acts on, and its rights there. */
  begin?(): void;
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
  /**
   * Changes what is there when its properties changed. Another physical id than before means another resource: the former one is removed
   * when the whole update is done. Absent: it is removed and made again under its name, which nobody notices of a resource that keeps nothing.
   */
  update?(properties: Properties, context: ResourceContext, former: Former): Provisioned | Promise<Provisioned>;
}

/** A resource as it was before an update. */
export interface Former {
  readonly properties: Properties;
  readonly provisioned: Provisioned;
}

/** @throws DeploymentError, for what cannot be changed here without losing what it keeps */
export function refuseUpdate(_properties: Properties, { logicalId }: ResourceContext): never {
  throw new DeploymentError(`${logicalId}: a change of these properties is not known here; destroy the stack and deploy it anew`);
}

/** @throws DeploymentError for properties that the type does not know */
export function checkProperties(type: string, { understood, withoutEffect = [] }: ResourceType, properties: Properties, logicalId: string): void {
  const known = [...understood, ...withoutEffect];
  const unknown = Object.keys(properties).find((name) => !known.includes(name) && !known.includes('*'));
  if (unknown) throw new DeploymentError(`${logicalId} (${type}): property '${unknown}' is not known here; known are ${known.join(', ')}`);
}

/** Gives a resource the name that it had before, or a new one. */
export function namer(
  stackName: string, logicalId: string, { account, region }: Place, known = new Map<string, string>(),
): (length: number) => string {
  const key = `${account}/${region}/${stackName}/${logicalId}`;
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
