import type { Circumstances, Place } from '../place';
import type { Need } from '../service';
import { parsePolicy, PolicyError, type Statement } from './policy';
import { checkSize, KnownRole, type OwnPart, type Role } from './role';

export type { Role } from './role';

/** AWS's own policies that a template may name. Add what a template needs; an unknown one is an error. */
const MANAGED: Readonly<Record<string, object>> = {
  'service-role/AWSLambdaBasicExecutionRole': {
    Statement: [{ Effect: 'Allow', Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' }],
  },
  'service-role/AWSLambdaSQSQueueExecutionRole': {
    Statement: [{
      Effect: 'Allow',
      Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: '*',
    }],
  },
};

export interface NewRole {
  readonly name: string;
  readonly trustPolicy: unknown;
  readonly policies?: readonly unknown[];
  readonly managedPolicyArns?: readonly string[];
  /** ARN of the permissions boundary. */
  readonly boundary?: string;
}

/** The roles of one account. */
export class Roles {
  private readonly byName = new Map<string, KnownRole>();
  /** Managed policies that a template made, by ARN. */
  private readonly managed = new Map<string, readonly Statement[]>();

  /** @param place any region of the account */
  constructor(private readonly place: Place) {}

  /** @throws PolicyError when a policy says something that is not known here, or more than IAM takes. */
  create(role: NewRole): Role {
    const created = new KnownRole(role.name, this.place.globalArn('iam', `role/${role.name}`), this.read(role), (arn) => this.managedPolicy(arn));
    this.byName.set(role.name, created);
    return created;
  }

  /** Changes a role in place; what was attached to it stays. @throws PolicyError */
  update(role: NewRole): void {
    this.known(role.name).change(this.read(role));
  }

  private read({ name, trustPolicy, policies = [], managedPolicyArns = [], boundary }: NewRole): OwnPart {
    checkSize(trustPolicy, 2_048, `Cannot exceed quota for ACLSizePerRole: 2048 (role ${name})`);
    if (managedPolicyArns.length > 10) throw new PolicyError(`Cannot exceed quota for PoliciesPerRole: 10 (role ${name})`);
    for (const arn of [...managedPolicyArns, ...(boundary === undefined ? [] : [boundary])]) this.managedPolicy(arn); // throws
    return { trust: parsePolicy(trustPolicy), documents: policies, statements: policies.flatMap(parsePolicy), managedPolicyArns, boundary };
  }

  /** Makes a managed policy, or changes it for all roles that have it. @returns its ARN @throws PolicyError */
  putManagedPolicy(name: string, policy: unknown): string {
    checkSize(policy, 6_144, `Cannot exceed quota for PolicySize: 6144 (policy ${name})`);
    const policyArn = this.place.globalArn('iam', `policy/${name}`);
    this.managed.set(policyArn, parsePolicy(policy));
    return policyArn;
  }

  removeManagedPolicy(policyArn: string): void {
    this.managed.delete(policyArn);
    for (const role of this.byName.values()) role.detach(policyArn);
  }

  knowsManagedPolicy(policyArn: string): boolean {
    return this.managed.has(policyArn) || awsPolicyName(policyArn) in MANAGED;
  }

  /** @throws PolicyError if it is not known here */
  private managedPolicy(policyArn: string): readonly Statement[] {
    const own = this.managed.get(policyArn);
    if (own) return own;
    const policy = MANAGED[awsPolicyName(policyArn)];
    if (!policy) throw new PolicyError(`managed policy '${policyArn}' is not known here; known are ${Object.keys(MANAGED).join(', ')} and the template's own`);
    return parsePolicy(policy);
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  /** @param name the role's name or ARN */
  get(name: string): Role {
    return this.known(name);
  }

  private known(name: string): KnownRole {
    const role = this.byName.get(name.replace(/^arn:.*:role\//, ''));
    if (!role) throw new PolicyError(`there is no role '${name}'`);
    return role;
  }

  /** Gives the role an inline policy, in the place of the one that it has under that name. @throws PolicyError */
  putInlinePolicy(roleName: string, policyName: string, policy: unknown): void {
    this.known(roleName).put(policyName, policy);
  }

  /** Does nothing if the role is gone, and so its policies with it. */
  deleteInlinePolicy(roleName: string, policyName: string): void {
    this.byName.get(roleName)?.delete(policyName);
  }

  attach(roleName: string, policyArn: string): void {
    this.managedPolicy(policyArn); // throws
    this.known(roleName).attach(policyArn);
  }

  detach(roleName: string, policyArn: string): void {
    this.byName.get(roleName)?.detach(policyArn);
  }

  remove(name: string): void {
    this.byName.delete(name);
  }
}

const awsPolicyName = (policyArn: string) => policyArn.replace(/^arn:[^:]+:iam::aws:policy\//, '');

/** Condition keys that every request carries. Loopback counts as a secure transport. */
export function globalContext(
  principalArn: string, { place: { account, region }, now }: Circumstances, extra: Need['context'] = {},
): Map<string, readonly string[]> {
  const entries: [string, string | readonly string[]][] = [
    ['aws:SecureTransport', 'true'],
    ['aws:PrincipalArn', principalArn],
    ['aws:PrincipalAccount', principalArn.split(':')[4] || account],
    ['aws:RequestedRegion', region],
    ['aws:ResourceAccount', account],
    ['aws:CurrentTime', new Date(now).toISOString()],
    ['aws:EpochTime', String(Math.floor(now / 1000))],
    ...Object.entries(extra),
  ];
  return new Map(entries.map(([key, value]) => [key.toLowerCase(), typeof value === 'string' ? [value] : value]));
}

