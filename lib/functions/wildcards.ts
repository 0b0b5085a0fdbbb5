import * as cdk from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** A resource with a wildcard in it, and why it cannot be narrower. */
export type Wildcard = readonly [resource: string, reason: string];

/** Tells cdk-nag why a policy below `scope` needs its wildcards; each one is acknowledged by itself, never all at once. */
export function explainWildcards(scope: IConstruct, wildcards: readonly Wildcard[]): void {
  for (const [resource, reason] of wildcards) {
    acknowledge(scope, `AwsSolutions-IAM5[Resource::${flat(cdk.Stack.of(scope).resolve(resource))}]`, reason);
    if (resource === '*') acknowledge(scope, 'Serverless-LambdaStarPermissions', reason);
  }
}

/**
 * What `Validations.acknowledge` records; called itself, older versions of the CDK stumble over the `::` of `AWS::Region`. Those before 2.257 know no
 * validations at all, so there is nobody to tell.
 */
export function acknowledge(scope: IConstruct, id: string, reason: string): void {
  const { Validations } = cdk as { Validations?: { readonly ACKNOWLEDGED_RULES_METADATA_KEY: string } };
  if (Validations) scope.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, { [id]: reason });
}

/** The rule packs that know a rule by the same name. */
const PACKS = ['HIPAA.Security', 'NIST.800.53.R4', 'NIST.800.53.R5', 'PCI.DSS.321', 'Serverless'];

/** The same for a rule of all packs that have it. */
export function acknowledgeInPacks(scope: IConstruct, rule: string, reason: string): void {
  for (const pack of PACKS) acknowledge(scope, `${pack}-${rule}`, reason);
}

/** An ARN as cdk-nag writes it, references in angle brackets: `arn:<AWS::Partition>:iot:...`. */
function flat(arn: unknown): string {
  if (typeof arn === 'string') return arn;
  const node = arn as { 'Ref'?: string; 'Fn::GetAtt'?: string[]; 'Fn::ImportValue'?: unknown; 'Fn::Join'?: [string, unknown[]] };
  if (node.Ref) return `<${node.Ref}>`;
  if (node['Fn::GetAtt']) return `<${node['Fn::GetAtt'].join('.')}>`;
  if (node['Fn::ImportValue']) return flat(node['Fn::ImportValue']);
  if (node['Fn::Join']) return node['Fn::Join'][1].map(flat).join(node['Fn::Join'][0]);
  return JSON.stringify(arn);
}
