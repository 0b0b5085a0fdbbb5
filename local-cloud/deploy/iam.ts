import { isRecord } from '../inputs';
import type { NewRole } from '../iam/roles';
import { refuseUpdate, type Properties, type ResourceContext, type ResourceType } from './resource-type';

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
  create({ ManagedPolicyName, PolicyDocument, Roles = [] }, context) {
    const { parts, physicalName } = context;
    const policyArn = parts.roles.createManagedPolicy(ManagedPolicyName === undefined ? physicalName(128) : String(ManagedPolicyName), PolicyDocument);
    attachTo(Roles as string[], PolicyDocument, context);
    return { physicalId: policyArn, attributes: { PolicyArn: policyArn } };
  },
  update: refuseUpdate,
};

/** Inline policy of roles. */
export const policy: ResourceType = {
  understood: ['PolicyDocument', 'Roles'],
  withoutEffect: ['PolicyName'],
  create({ PolicyDocument, Roles = [] }, context) {
    attachTo(Roles as string[], PolicyDocument, context);
    return { physicalId: context.physicalName(128) };
  },
  update: refuseUpdate,
};

/** A role that the template only refers to has nobody here who would use it. */
function attachTo(roles: readonly string[], policyDocument: unknown, { parts, logicalId, note }: ResourceContext): void {
  for (const name of roles) {
    if (parts.roles.has(name)) parts.roles.attach(name, policyDocument);
    else note(`${logicalId}: the role '${name}' is not part of the template; nothing is attached to it here`);
  }
}
