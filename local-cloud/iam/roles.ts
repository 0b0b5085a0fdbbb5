import type { Circumstances, Place } from '../place';
import type { Need } from '../service';
import { parsePolicy, PolicyError, type Statement } from './policy';

/** A role that the template made: what it may do, and who may take it on. */
export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly trust: readonly Statement[];
  /** Grows when an `AWS::IAM::Policy` is attached. */
  readonly statements: Statement[];
  /** What the role may do at most, whatever its policies allow. */
  readonly boundary?: readonly Statement[];
}

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
  private readonly byName = new Map<string, Role>();
  /** How many of a role's statements are its own; the others were attached. */
  private readonly own = new WeakMap<Role, number>();
  /** Managed policies that a template made, by ARN. */
  private readonly managed = new Map<string, readonly Statement[]>();

  /** @param place any region of the account */
  constructor(private readonly place: Place) {}

  /** @throws PolicyError when a policy says something that is not known here. */
  create({ name, trustPolicy, policies = [], managedPolicyArns = [], boundary }: NewRole): Role {
    const statements = [...policies.flatMap(parsePolicy), ...managedPolicyArns.flatMap((policyArn) => this.managedPolicy(policyArn))];
    const role: Role = {
      name, statements,
      arn: this.place.globalArn('iam', `role/${name}`),
      trust: parsePolicy(trustPolicy),
      boundary: boundary === undefined ? undefined : this.managedPolicy(boundary),
    };
    this.byName.set(name, role);
    this.own.set(role, statements.length);
    return role;
  }

  /** @returns the policy's ARN */
  createManagedPolicy(name: string, policy: unknown): string {
    const policyArn = this.place.globalArn('iam', `policy/${name}`);
    this.managed.set(policyArn, parsePolicy(policy));
    return policyArn;
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
    const role = this.byName.get(name.replace(/^arn:.*:role\//, ''));
    if (!role) throw new PolicyError(`there is no role '${name}'`);
    return role;
  }

  /** Changes a role in place, for those who have taken it on; what was attached to it stays. */
  update(role: NewRole): void {
    const existing = this.get(role.name);
    const attached = existing.statements.slice(this.own.get(existing) ?? 0);
    const changed = this.create(role);
    Object.assign(existing, { ...changed, statements: [...changed.statements, ...attached] });
    this.own.set(existing, changed.statements.length);
    this.byName.set(role.name, existing);
  }

  attach(roleName: string, policy: unknown): void {
    this.get(roleName).statements.push(...parsePolicy(policy));
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

