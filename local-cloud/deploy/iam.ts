import { isRecord } from '../inputs';
import type { ResourceContext, ResourceType } from './resource-type';

export const role: ResourceType = {
  understood: ['AssumeRolePolicyDocument', 'ManagedPolicyArns', 'PermissionsBoundary', 'Policies', 'RoleName'],
  withoutEffect: ['Description', 'MaxSessionDuration', 'Path', 'Tags'],
  create({ AssumeRolePolicyDocument, ManagedPolicyArns = [], PermissionsBoundary, Policies = [], RoleName }, { parts, logicalId, note, physicalName }) {
    const name = RoleName === undefined ? physicalName(64) : String(RoleName);
    const inline = (Policies as unknown[]).map((policy) => (isRecord(policy) ? policy.PolicyDocument : policy));
    const boundary = PermissionsBoundary as string | undefined;
    const known = boundary === undefined || parts.roles.knowsManagedPolicy(boundary);
    if (!known) note(`${logicalId}: the permissions boundary ${boundary} is not part of the template; it bounds nothing here`);
    const created = parts.roles.create({
      name, trustPolicy: AssumeRolePolicyDocument, policies: inline, managedPolicyArns: ManagedPolicyArns as string[], boundary: known ? boundary : undefined,
    });
    return {
      physicalId: name,
      attributes: { Arn: created.arn, RoleId: `AROA${name.length}` },
      remove: () => parts.roles.remove(name),
    };
  },
};

export const managedPolicy: ResourceType = {
  understood: ['ManagedPolicyName', 'PolicyDocument', 'Roles'],
  withoutEffect: ['Description', 'Path'],
  create({ ManagedPolicyName, PolicyDocument, Roles = [] }, context) {
    const { parts, physicalName } = context;
    const policyArn = parts.roles.createManagedPolicy(ManagedPolicyName === undefined ? physicalName(128) : String(ManagedPolicyName), PolicyDocument);
    attachTo(Roles as string[], PolicyDocument, context);
    return { physicalId: policyArn, attributes: { PolicyArn: policyArn } };
  },
};

/** Inline policy of roles. */
export const policy: ResourceType = {
  understood: ['PolicyDocument', 'Roles'],
  withoutEffect: ['PolicyName'],
  create({ PolicyDocument, Roles = [] }, context) {
    attachTo(Roles as string[], PolicyDocument, context);
    return { physicalId: context.physicalName(128) };
  },
};

/** A role that the template only refers to has nobody here who would use it. */
function attachTo(roles: readonly string[], policyDocument: unknown, { parts, logicalId, note }: ResourceContext): void {
  for (const name of roles) {
    if (parts.roles.has(name)) parts.roles.attach(name, policyDocument);
    else note(`${logicalId}: the role '${name}' is not part of the template; nothing is attached to it here`);
  }
}
