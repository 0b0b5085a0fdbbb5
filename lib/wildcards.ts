import { Stack, Validations } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** A resource with a wildcard in it, and why it cannot be narrower. */
export type Wildcard = readonly [resource: string, reason: string];

/** Tells cdk-nag why a policy below `scope` needs its wildcards; each one is acknowledged by itself, never all at once. */
export function explainWildcards(scope: IConstruct, wildcards: readonly Wildcard[]): void {
  for (const [resource, reason] of wildcards) {
    const id = `AwsSolutions-IAM5[Resource::${flat(Stack.of(scope).resolve(resource))}]`;
    // What `Validations.acknowledge` records; called itself, older versions of the CDK stumble over the `::` of `AWS::Region`.
    scope.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, { [id]: reason });
  }
}

/** An ARN with its references written as cdk-nag writes them: `arn:<AWS::Partition>:iot:...`. */
function flat(arn: string | { Ref: string } | { 'Fn::Join': [string, []] }): string {
  if (typeof arn === 'string') return arn;
  return 'Ref' in arn ? `<${arn.Ref}>` : arn['Fn::Join'][1].map(flat).join(arn['Fn::Join'][0]);
}
