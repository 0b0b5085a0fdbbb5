import { ACCOUNT, REGION, arn, type Need } from '../service';
import { parsePolicy, PolicyError, type Statement } from './policy';

/** A role that the template made: what it may do, and who may take it on. */
export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly trust: readonly Statement[];
  /** Grows when an `AWS::IAM::Policy` is attached. */
  readonly statements: Statement[];
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

export class Roles {
  private readonly byName = new Map<string, Role>();

  /** @throws PolicyError when a policy says something that is not known here. */
  create(name: string, trustPolicy: unknown, policies: readonly unknown[], managedPolicyArns: readonly string[]): Role {
    const statements = [...policies, ...managedPolicyArns.map(managedPolicy)].flatMap(parsePolicy);
    const role = { name, arn: roleArn(name), trust: parsePolicy(trustPolicy), statements };
    this.byName.set(name, role);
    return role;
  }

  /** @param name the role's name or ARN */
  get(name: string): Role {
    const role = this.byName.get(name.replace(/^arn:.*:role\//, ''));
    if (!role) throw new PolicyError(`there is no role '${name}'`);
    return role;
  }

  attach(roleName: string, policy: unknown): void {
    this.get(roleName).statements.push(...parsePolicy(policy));
  }

  remove(name: string): void {
    this.byName.delete(name);
  }
}

const roleArn = (name: string) => arn('iam', `role/${name}`, '');

function managedPolicy(policyArn: string): object {
  const name = /^arn:aws:iam::aws:policy\/(.+)$/.exec(policyArn)?.[1] ?? policyArn;
  const policy = MANAGED[name];
  if (!policy) throw new PolicyError(`managed policy '${policyArn}' is not known here; known are ${Object.keys(MANAGED).join(', ')}`);
  return policy;
}

/** Condition keys that every request carries. Loopback counts as a secure transport. */
export function globalContext(principalArn: string, now: number, extra: Need['context'] = {}): Map<string, readonly string[]> {
  const entries: [string, string | readonly string[]][] = [
    ['aws:SecureTransport', 'true'],
    ['aws:PrincipalArn', principalArn],
    ['aws:PrincipalAccount', ACCOUNT],
    ['aws:RequestedRegion', REGION],
    ['aws:ResourceAccount', ACCOUNT],
    ['aws:CurrentTime', new Date(now).toISOString()],
    ['aws:EpochTime', String(Math.floor(now / 1000))],
    ...Object.entries(extra),
  ];
  return new Map(entries.map(([key, value]) => [key.toLowerCase(), typeof value === 'string' ? [value] : value]));
}

