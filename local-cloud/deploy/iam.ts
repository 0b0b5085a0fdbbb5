import { isRecord } from '../inputs';
import type { NewRole } from '../iam/roles';
import type { Properties, ResourceContext, ResourceType } from './resource-type';

export const role: ResourceType = {
  understood: ['AssumeRolePolicyDocument', 'ManagedPolicyArns', 'PermissionsBoundary', 'Policies', 'RoleName'],
  withoutEffect: ['Description', 'MaxSessionDuration', 'Path', 'Tags'],
  create(properties, context) {
    const { parts } = context;
    const created = parts.roles.create(roleOf(properties, context));
    return {
      physicalId: created.name,
      attributes: { Arn: created.arn, RoleId: `AROA${created.name.length}` },
      remove: () => parts.roles.remove(created.name),
    };
  },
  update(properties, context, { provisioned }) {
    const changed = roleOf(properties, context);
    if (changed.name !== provisioned.physicalId) return this.create(properties, context);
    context.parts.roles.update(changed);
    return provisioned;
  },
};

function roleOf(properties: Properties, context: ResourceContext): NewRole {
  const { AssumeRolePolicyDocument, ManagedPolicyArns = [], PermissionsBoundary, Policies = [], RoleName } = properties;
  const { parts, logicalId, note, physicalName } = context;
  const boundary = PermissionsBoundary as string | undefined;
  const known = boundary === undefined || parts.roles.knowsManagedPolicy(boundary);
  if (!known) note(`${logicalId}: the permissions boundary ${boundary} is not part of the template; it bounds nothing here`);
  return {
    name: RoleName === undefined ? physicalName(64) : String(RoleName),
    trustPolicy: AssumeRolePolicyDocument,
    policies: (Policies as unknown[]).map((policy) => (isRecord(policy) ? policy.PolicyDocument : policy)),
    managedPolicyArns: ManagedPolicyArns as string[],
    boundary: known ? boundary : undefined,
  };
}

export const managedPolicy: ResourceType = {
  understood: ['ManagedPolicyName', 'PolicyDocument', 'Roles'],
  withoutEffect: ['Description', 'Path'],
  create(properties, context) {
    const { roles } = context.parts;
    const policyArn = roles.putManagedPolicy(nameOf(properties, context), properties.PolicyDocument);
    for (const role of rolesHere(properties, context)) roles.attach(role, policyArn);
    return { physicalId: policyArn, attributes: { PolicyArn: policyArn }, remove: () => roles.removeManagedPolicy(policyArn) };
  },
  /** In place, for all that have it; under another name it is another one. */
  update(properties, context, { properties: former, provisioned }) {
    const { roles } = context.parts;
    if (!provisioned.physicalId.endsWith(`policy/${nameOf(properties, context)}`)) return this.create(properties, context);
    const policyArn = roles.putManagedPolicy(nameOf(properties, context), properties.PolicyDocument);
    for (const role of listed(former)) roles.detach(role, policyArn);
    for (const role of rolesHere(properties, context)) roles.attach(role, policyArn);
    return provisioned;
  },
};

const nameOf = ({ ManagedPolicyName }: Properties, { physicalName }: ResourceContext) =>
  (ManagedPolicyName === undefined ? physicalName(128) : String(ManagedPolicyName));

/** Inline policy of roles. */
export const policy: ResourceType = {
  understood: ['PolicyDocument', 'PolicyName', 'Roles'],
  create(properties, context) {
    const { roles } = context.parts;
    for (const role of rolesHere(properties, context)) roles.putInlinePolicy(role, String(properties.PolicyName), properties.PolicyDocument);
    return {
      physicalId: context.physicalName(128),
      remove() { for (const role of listed(properties)) roles.deleteInlinePolicy(role, String(properties.PolicyName)); },
    };
  },
  /** A role has what it is given before it loses anything: nobody is without rights in between. */
  update(properties, context, { properties: former }) {
    const provisioned = this.create(properties, context);
    const stays = (role: string) => properties.PolicyName === former.PolicyName && listed(properties).includes(role);
    for (const role of listed(former)) if (!stays(role)) context.parts.roles.deleteInlinePolicy(role, String(former.PolicyName));
    return provisioned;
  },
};

const listed = ({ Roles = [] }: Properties): readonly string[] => Roles as string[];

/** A role that the template only refers to has nobody here who would use it. */
function rolesHere(properties: Properties, { parts, logicalId, note }: ResourceContext): string[] {
  return listed(properties).filter((name) => {
    const here = parts.roles.has(name);
    if (!here) note(`${logicalId}: the role '${name}' is not part of the template; nothing is attached to it here`);
    return here;
  });
}
