import { Stack, Token } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/**
 * What AWS would refuse at deployment only, found at synth. What is known at deployment only counts with the fewest characters that it can have,
 * so nothing is refused that AWS would take.
 */

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: all variables of a function, names and values together. */
const ENVIRONMENT_BYTES = 4096;

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: all inline policies of a role together, white space apart. */
const POLICY_CHARACTERS = 10_240;
/** The same page: a managed policy. */
const MANAGED_POLICY_CHARACTERS = 6_144;

const ADVICE = 'tunnelScope.things is what grows there: name many things by one pattern with *, tell tunnels apart by tunnelScope.tags, or divide the '
  + 'things among several rotators';

export function checkEnvironment(scope: Construct, environment: Readonly<Record<string, string>>): void {
  const bytes = Object.entries(environment).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + leastLength(scope, value), 0);
  if (bytes <= ENVIRONMENT_BYTES) return;
  throw new Error(`the environment of ${scope.node.path} must have at most ${ENVIRONMENT_BYTES} bytes, because Lambda takes no more, `
    + `but has ${bytes}. ${ADVICE}`);
}

export function checkPolicy(scope: Construct, statements: PolicyStatement[], managed = false): void {
  const most = managed ? MANAGED_POLICY_CHARACTERS : POLICY_CHARACTERS;
  const characters = leastLength(scope, new PolicyDocument({ statements, minimize: true }));
  if (characters <= most) return;
  throw new Error(`the policy of ${scope.node.path} must have at most ${most} characters, because IAM takes no more, `
    + `but has ${characters}. ${ADVICE}`);
}

const leastLength = (scope: Construct, value: unknown): number => {
  const { stackName } = Stack.of(scope);
  const flat = shortest(Stack.of(scope).resolve(value), Token.isUnresolved(stackName) ? '' : stackName);
  return Buffer.byteLength(typeof flat === 'string' ? flat : JSON.stringify(flat));
};

/** The shortest text that an intrinsic can come to. */
function shortest(value: unknown, stackName: string): unknown {
  if (Array.isArray(value)) return value.map((item) => shortest(item, stackName));
  if (typeof value !== 'object' || value === null) return value;
  const { Ref, 'Fn::Join': join, 'Fn::GetAtt': attribute } = value as { 'Ref'?: string; 'Fn::Join'?: [string, unknown[]]; 'Fn::GetAtt'?: [string, string] };
  if (join) return join[1].map((item) => shortest(item, stackName)).join(join[0]);
  if (attribute?.[1] === 'Arn') return `arn:aws:sqs:${SHORTEST['AWS::Region']}:${SHORTEST['AWS::AccountId']}:${nameOf(stackName, attribute[0])}`;
  if (Ref) return SHORTEST[Ref] ?? '';
  if (Object.keys(value).some((key) => key.startsWith('Fn::'))) return '';
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shortest(item, stackName)]));
}

/** As CloudFormation names a resource that has no name of its own, where names are shortest. */
const nameOf = (stackName: string, logicalId: string): string => `${stackName}-${logicalId}-${'X'.repeat(12)}`.slice(0, 63);

const SHORTEST: Readonly<Record<string, string>> = { 'AWS::Partition': 'aws', 'AWS::Region': 'eu-west-1', 'AWS::AccountId': '123456789012' };
