import { isRecord } from '../inputs';
import { DeploymentError } from './errors';

/** Logical ids in an order in which each comes after all that it refers to. @throws DeploymentError naming a circle */
export function deploymentOrder(resources: Readonly<Record<string, unknown>>): string[] {
  const ordered: string[] = [];
  const state = new Map<string, 'open' | 'done'>();

  const visit = (logicalId: string, path: readonly string[]): void => {
    if (state.get(logicalId) === 'done') return;
    if (state.get(logicalId) === 'open') throw new DeploymentError(`resources refer to one another in a circle: ${[...path, logicalId].join(' -> ')}`);
    state.set(logicalId, 'open');
    for (const other of dependencies(resources[logicalId])) {
      if (Object.hasOwn(resources, other)) visit(other, [...path, logicalId]);
    }
    state.set(logicalId, 'done');
    ordered.push(logicalId);
  };
  for (const logicalId of Object.keys(resources)) visit(logicalId, []);
  return ordered;
}

function dependencies(resource: unknown): Set<string> {
  const found = new Set<string>(isRecord(resource) ? [resource.DependsOn ?? []].flat().map(String) : []);
  collect(isRecord(resource) ? resource.Properties : undefined, found);
  return found;
}

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) return value.forEach((item) => collect(item, found));
  if (!isRecord(value)) return;
  for (const [key, argument] of Object.entries(value)) {
    if (key === 'Ref') found.add(String(argument));
    if (key === 'Fn::GetAtt') found.add(typeof argument === 'string' ? argument.split('.')[0] : String((argument as unknown[])[0]));
    if (key === 'Fn::Sub') {
      const template = String(Array.isArray(argument) ? argument[0] : argument);
      for (const [, name] of template.matchAll(/\$\{([^!}][^}]*)\}/g)) found.add(name.split('.')[0]);
    }
    collect(argument, found);
  }
}
