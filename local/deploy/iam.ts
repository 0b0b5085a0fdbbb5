import { isRecord } from '../inputs';
import type { ResourceType } from './resource-type';

export const role: ResourceType = {
  understood: ['AssumeRolePolicyDocument', 'ManagedPolicyArns', 'Policies', 'RoleName'],
  withoutEffect: ['Description', 'MaxSessionDuration', 'Path', 'Tags'],
  create({ AssumeRolePolicyDocument, ManagedPolicyArns = [], Policies = [], RoleName }, { parts, physicalName }) {
    const name = RoleName === undefined ? physicalName(64) : String(RoleName);
    const inline = (Policies as unknown[]).map((policy) => (isRecord(policy) ? policy.PolicyDocument : policy));
    const created = parts.roles.create(name, AssumeRolePolicyDocument, inline, ManagedPolicyArns as string[]);
    return {
      physicalId: name,
      attributes: { Arn: created.arn, RoleId: `AROA${name.length}` },
      remove: () => parts.roles.remove(name),
    };
  },
};

/** Inline policy of roles; shared ones are `ManagedPolicy`, which nothing here uses. */
export const policy: ResourceType = {
  understood: ['PolicyDocument', 'Roles'],
  withoutEffect: ['PolicyName'],
  create({ PolicyDocument, Roles = [] }, { parts, physicalName }) {
    for (const name of Roles as string[]) parts.roles.attach(name, PolicyDocument);
    return { physicalId: physicalName(128) };
  },
};
