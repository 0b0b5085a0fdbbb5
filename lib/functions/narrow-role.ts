import { IPrincipal, ManagedPolicy, PolicyDocument, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeInPacks, explainWildcards, Wildcard } from './wildcards';

export interface NarrowRoleProps {
  readonly description: string;
  readonly assumedBy: IPrincipal;
  /** Name of the inline policy. */
  readonly policyName: string;
  /** All that the role may do. */
  readonly statements: PolicyStatement[];
  /** @default - none of them has any */
  readonly wildcards?: readonly Wildcard[];
  /** The rights stand in a managed policy. */
  readonly managed?: boolean;
}

/** A role that may do what is named and nothing else. What is acknowledged is so of these very rights: a policy that somebody adds is theirs to explain. */
export function narrowRole(scope: Construct, id: string, props: NarrowRoleProps): Role {
  const { description, assumedBy, policyName, statements, wildcards = [], managed } = props;
  if (managed) {
    const role = new Role(scope, id, { description, assumedBy });
    // The role refers to the policy, not the other way: whatever waits for the role has its rights then.
    const rights = new ManagedPolicy(role, 'Rights', { description, statements });
    role.addManagedPolicy(rights);
    explainWildcards(rights, wildcards);
    return role;
  }
  const role = new Role(scope, id, { description, assumedBy, inlinePolicies: { [policyName]: new PolicyDocument({ statements }) } });
  const resource = role.node.defaultChild!;
  explainWildcards(resource, wildcards);
  acknowledgeInPacks(resource, 'IAMNoInlinePolicy',
    'These rights are of no use to any other role, and go with it; the prop managedPolicies puts them into managed policies');
  return role;
}
